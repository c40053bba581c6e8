/**
 * Proves by a token that says nothing itself: from what its issuer said a moment ago, or by asking it, about each token
 * once at a time.
 *
 *     known to hold ──────────► proven          until min(exp, cacheSeconds)
 *     known not to hold ──────► 401             for negativeCacheSeconds
 *     unknown, within budget ─► the issuer is asked
 *     unknown, over budget, or the issuer is down ─► 503
 */

import { LRUCache } from 'lru-cache';

import type { IntrospectionConfig } from '../../config/gateway/auth-introspection.ts';
import type { IssuerConfig } from '../../config/gateway/auth-jwt.ts';
import type { NetworkOf } from '../../shared/addresses.ts';
import type { Clock } from '../../shared/clock.ts';
import { errorText } from '../../shared/error-text.ts';
import { statusOf, type Fetch } from '../fetch-json.ts';
import { VerifiedTokens } from '../jwt/verified-tokens.ts';
import { type Proof, refusal, unavailable } from '../proof.ts';
import { CallBudget, type Outcome } from './call-budget.ts';
import { checkedPrincipal } from './check.ts';
import { createIntrospect } from './introspect.ts';

export interface IntrospectionParts {
  readonly networkOf: NetworkOf;
  readonly fetch: Fetch;
  /** Monotonic, in ms. */
  readonly now: Clock;
  /** ms since 1970. */
  readonly wallClock: () => number;
  readonly onFailure: (failure: { readonly issuer: string; readonly reason: string }) => void;
}

/** @throws {GatewayError} `UNAUTHENTICATED` or `AUTHENTICATION_UNAVAILABLE`, at once or through the promise. */
export type ProveOpaque = (shown: ShownToken) => Proof | Promise<Proof>;

export interface ShownToken {
  readonly token: string;
  /** Its SHA-256. */
  readonly key: string;
  /** Of whoever shows it. */
  readonly network: string;
}

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const tokenForm = /^[A-Za-z0-9\-._~+/]+=*$/;

export function createIntrospection(
  issuer: IssuerConfig,
  config: IntrospectionConfig,
  parts: IntrospectionParts,
): ProveOpaque {
  const { now, wallClock } = parts;
  const { cachedTokensMax, concurrentMax, callsPerSecondMax } = config;
  const keptMs = config.cacheSeconds * 1000;
  const holding = new VerifiedTokens({ entriesMax: cachedTokensMax, keptMs, wallClock });
  /** Until when they are not asked about again, by their SHA-256. */
  const refused = new LRUCache<string, number>({ max: cachedTokensMax });
  const underWay = new Map<string, Promise<Proof>>();
  const budget = new CallBudget({ concurrentMax, perSecondMax: callsPerSecondMax }, now);
  /** Whether it has said of any token what it is. */
  let hasAnswered = false;
  const introspect = createIntrospect(issuer.issuer, config, parts);

  async function ask({ token, key, network }: ShownToken): Promise<Proof> {
    let outcome: Outcome = 'failed';
    try {
      const claims = await introspect(token);
      hasAnswered = true;
      outcome = 'inactive';
      if (!claims) throw refusal('the issuer says that the token is not active');
      const principal = checkedPrincipal(claims, issuer, config, wallClock());
      outcome = 'active';
      const proof = { principal, token };
      holding.set(key, proof, holding.generation);
      return proof;
    } catch (error) {
      if (outcome === 'inactive') {
        refused.set(key, now() + config.negativeCacheSeconds * 1000);
        throw error;
      }
      const reason = errorText(error);
      parts.onFailure({ issuer: issuer.issuer, reason });
      if (isAboutToken(error)) outcome = 'refused';
      // Before it has answered once, it could be this gateway that asks in a wrong way.
      if (outcome === 'refused' && hasAnswered) {
        refused.set(key, now() + config.negativeCacheSeconds * 1000);
        throw refusal(`the issuer does not take the token: ${reason}`);
      }
      throw unavailable(`the issuer could not be asked about the token: ${reason}`);
    } finally {
      budget.leave(network, outcome);
      underWay.delete(key);
    }
  }

  return (shown) => {
    const { token, key, network } = shown;
    const known = holding.get(key);
    if (known) return known;
    if (!tokenForm.test(token)) throw refusal('the token has characters that no token has');
    const refusedUntilMs = refused.get(key);
    if (refusedUntilMs !== undefined && now() < refusedUntilMs)
      throw refusal('the token was refused a moment ago');
    let proof = underWay.get(key);
    if (!proof) {
      const reason = budget.enter(network);
      if (reason !== undefined) throw unavailable(reason);
      proof = ask(shown);
      underWay.set(key, proof);
    }
    return proof;
  };
}

/**
 * Some providers answer 400 to a token of a form they do not know (RFC 7662 wants them to say that it is not active): it
 * says nothing of other tokens, unlike 401 and 403, which are about this gateway, and 429.
 */
function isAboutToken(error: unknown): boolean {
  const status = statusOf(error);
  return status === 400 || status === 413 || status === 414 || status === 422;
}

/**
 * Whose token it is, before anything of it is believed: the issuer's with the longest prefix it has; else, what looks
 * signed is checked as that, where there is any issuer that signs; else the issuer without a prefix.
 */
export type RouteToken = (token: string) => ProveOpaque | undefined;

export function createTokenRoutes(
  issuers: readonly IssuerConfig[],
  looksSigned: (token: string) => boolean,
  parts: IntrospectionParts,
): RouteToken | undefined {
  const prefixed: Array<{ readonly prefix: string; readonly prove: ProveOpaque }> = [];
  let other: ProveOpaque | undefined;
  for (const issuer of issuers) {
    const { introspection } = issuer;
    if (!introspection) continue;
    const prove = createIntrospection(issuer, introspection, parts);
    if (introspection.tokenPrefix === undefined) other = prove;
    else prefixed.push({ prefix: introspection.tokenPrefix, prove });
  }
  if (!other && prefixed.length === 0) return undefined;
  prefixed.sort((one, two) => two.prefix.length - one.prefix.length);
  const isAnySigned = issuers.some(({ algorithms }) => algorithms.length > 0);
  return (token) => {
    for (const { prefix, prove } of prefixed) if (token.startsWith(prefix)) return prove;
    return isAnySigned && looksSigned(token) ? undefined : other;
  };
}
