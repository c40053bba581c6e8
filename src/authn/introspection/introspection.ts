/**
 * Verifies opaque tokens: from the cache, or by token introspection at the issuer, single-flight for each token.
 *
 *     cached as valid ─────────► authenticated   until min(exp, cacheSeconds)
 *     cached as invalid ───────► 401             for negativeCacheSeconds
 *     not cached, within budget ─► introspection
 *     not cached, over budget, or the issuer is unavailable ─► 503
 */

import { LRUCache } from 'lru-cache';

import type { IntrospectionConfig } from '../../config/gateway/auth-introspection.ts';
import type { IssuerConfig } from '../../config/gateway/auth-jwt.ts';
import type { NetworkOf } from '../../shared/addresses.ts';
import type { Clock } from '../../shared/clock.ts';
import { errorText } from '../../shared/error-text.ts';
import { statusOf, type Fetch } from '../fetch-json.ts';
import { VerifiedTokens } from '../jwt/verified-tokens.ts';
import { type Proof, invalidCredentials, authenticationUnavailable } from '../proof.ts';
import { CallBudget, type IntrospectionOutcome } from './call-budget.ts';
import { checkedPrincipal } from './check-claims.ts';
import { createIntrospect } from './introspect.ts';

export interface IntrospectionDependencies {
  readonly networkOf: NetworkOf;
  readonly fetch: Fetch;
  /** Monotonic, in ms. */
  readonly now: Clock;
  /** ms since 1970. */
  readonly wallClock: () => number;
  readonly onFailure: (failure: { readonly issuer: string; readonly reason: string }) => void;
}

/** @throws {GatewayError} `UNAUTHENTICATED` or `AUTHENTICATION_UNAVAILABLE`, at once or through the promise. */
export type ProveOpaque = (opaque: OpaqueToken) => Proof | Promise<Proof>;

export interface OpaqueToken {
  readonly token: string;
  /** Its SHA-256. */
  readonly key: string;
  /** Of the client. */
  readonly network: string;
}

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const bearerTokenPattern = /^[A-Za-z0-9\-._~+/]+=*$/;

export function createIntrospection(
  issuer: IssuerConfig,
  config: IntrospectionConfig,
  dependencies: IntrospectionDependencies,
): ProveOpaque {
  const { now, wallClock } = dependencies;
  const { cachedTokensMax, concurrentMax, callsPerSecondMax } = config;
  const keptMs = config.cacheSeconds * 1000;
  const verified = new VerifiedTokens({ entriesMax: cachedTokensMax, keptMs, wallClock });
  /** Until when a token is refused without introspection, by its SHA-256. */
  const refusedUntil = new LRUCache<string, number>({ max: cachedTokensMax });
  const inFlight = new Map<string, Promise<Proof>>();
  const budget = new CallBudget({ concurrentMax, perSecondMax: callsPerSecondMax }, now);
  /** Whether introspection has ever succeeded. */
  let hasAnswered = false;
  const introspect = createIntrospect(issuer.issuer, config, dependencies);

  async function verify({ token, key, network }: OpaqueToken): Promise<Proof> {
    let outcome: IntrospectionOutcome = 'failed';
    try {
      const claims = await introspect(token);
      hasAnswered = true;
      outcome = 'inactive';
      if (!claims) throw invalidCredentials('the issuer says that the token is not active');
      const { tokenTypeRequired } = config;
      const principal = checkedPrincipal(claims, issuer, { tokenTypeRequired, nowMs: wallClock() });
      outcome = 'active';
      const proof = { principal, token };
      verified.set(key, proof, verified.generation);
      return proof;
    } catch (error) {
      if (outcome === 'inactive') {
        refusedUntil.set(key, now() + config.negativeCacheSeconds * 1000);
        throw error;
      }
      const reason = errorText(error);
      if (isAboutToken(error)) outcome = 'refused';
      // Before the first success, the gateway's own configuration may be what the issuer rejects.
      if (outcome === 'refused' && hasAnswered) {
        refusedUntil.set(key, now() + config.negativeCacheSeconds * 1000);
        throw invalidCredentials(`the issuer rejects the token: ${reason}`);
      }
      dependencies.onFailure({ issuer: issuer.issuer, reason });
      throw authenticationUnavailable(`token introspection failed: ${reason}`);
    } finally {
      budget.leave(network, outcome);
      inFlight.delete(key);
    }
  }

  return (opaque) => {
    const { token, key, network } = opaque;
    const cached = verified.get(key);
    if (cached) return cached;
    if (!bearerTokenPattern.test(token))
      throw invalidCredentials('the token has characters that a bearer token must not have');
    const refusedUntilMs = refusedUntil.get(key);
    if (refusedUntilMs !== undefined && now() < refusedUntilMs)
      throw invalidCredentials('the token was refused a moment ago');
    let proof = inFlight.get(key);
    if (!proof) {
      const reason = budget.enter(network);
      if (reason !== undefined) throw authenticationUnavailable(reason);
      proof = verify(opaque);
      inFlight.set(key, proof);
    }
    return proof;
  };
}

/**
 * Some providers respond with 400 to a malformed token, although RFC 7662 wants `active: false`. That concerns this token
 * only, unlike 401 and 403, which concern this gateway, and 429.
 */
function isAboutToken(error: unknown): boolean {
  const status = statusOf(error);
  return status === 400 || status === 413 || status === 414 || status === 422;
}

/**
 * Selects the issuer that introspects a token: the one with the longest matching `tokenPrefix`; else none for a JWT, if
 * some issuer signs its tokens (undefined: its signature is verified); else the issuer without a prefix.
 */
export type RouteToken = (token: string) => ProveOpaque | undefined;

export function createTokenRoutes(
  issuers: readonly IssuerConfig[],
  isJwt: (token: string) => boolean,
  dependencies: IntrospectionDependencies,
): RouteToken | undefined {
  const prefixed: Array<{ readonly prefix: string; readonly prove: ProveOpaque }> = [];
  let unprefixed: ProveOpaque | undefined;
  for (const issuer of issuers) {
    const { introspection } = issuer;
    if (!introspection) continue;
    const prove = createIntrospection(issuer, introspection, dependencies);
    if (introspection.tokenPrefix === undefined) unprefixed = prove;
    else prefixed.push({ prefix: introspection.tokenPrefix, prove });
  }
  if (!unprefixed && prefixed.length === 0) return undefined;
  prefixed.sort((a, b) => b.prefix.length - a.prefix.length);
  const hasJwtIssuer = issuers.some(({ algorithms }) => algorithms.length > 0);
  return (token) => {
    for (const { prefix, prove } of prefixed) if (token.startsWith(prefix)) return prove;
    return hasJwtIssuer && isJwt(token) ? undefined : unprefixed;
  };
}
