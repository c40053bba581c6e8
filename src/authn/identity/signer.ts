/**
 * Signs the identity of a principal for one subgraph, as a short-lived JSON Web Token. A token is reused for half of its
 * lifetime, for all requests of the same principal to the same subgraph.
 */

import { type KeyObject, sign } from 'node:crypto';

import { LRUCache } from 'lru-cache';

import type { Principal } from '../../pipeline/principal.ts';
import { hashOf, privateKeyOf, type SigningAlgorithm, type SigningJwk } from './signing-keys.ts';

export interface SignerOptions {
  readonly issuer: string;
  readonly lifetimeSeconds: number;
}

/** The signed tokens of one principal. */
export interface SignedIdentity {
  /** Equal for principals with equal claims. */
  readonly text: string;
  readonly tokenFor: (subgraph: string) => string;
}

interface CachedToken {
  readonly token: string;
  readonly untilMs: number;
}

interface CurrentKey {
  readonly key: KeyObject;
  readonly algorithm: SigningAlgorithm;
  /** The encoded header of every token. */
  readonly head: string;
}

/** Principals whose tokens are cached; the least recently used one is evicted. */
const principalsMax = 10_000;

export class Signer {
  readonly #options: SignerOptions;
  readonly #wallClock: () => number;
  #current: CurrentKey;
  #byPrincipal = new WeakMap<Principal, SignedIdentity>();
  /** Finds the tokens of principals that are equal but different objects, such as those of uncached proofs. */
  readonly #byText = new LRUCache<string, SignedIdentity>({ max: principalsMax });

  /** @param wallClock ms since 1970. */
  constructor(keys: readonly SigningJwk[], options: SignerOptions, wallClock: () => number) {
    this.#options = options;
    this.#wallClock = wallClock;
    this.#current = currentOf(keys);
  }

  /** From now on signs with the first of these keys. */
  replaceKeys(keys: readonly SigningJwk[]): void {
    this.#current = currentOf(keys);
    this.#byPrincipal = new WeakMap();
    this.#byText.clear();
  }

  identityOf(principal: Principal): SignedIdentity {
    let identity = this.#byPrincipal.get(principal);
    if (identity) return identity;
    const { subject, client, tier, roles, scopes, issuer, provenBy, validUntilMs } = principal;
    const text = JSON.stringify([subject, client, tier, roles, scopes, issuer, provenBy, validUntilMs]);
    identity = this.#byText.get(text);
    if (!identity) this.#byText.set(text, (identity = this.#newIdentity(principal, text)));
    this.#byPrincipal.set(principal, identity);
    return identity;
  }

  #newIdentity(principal: Principal, text: string): SignedIdentity {
    const tokens = new Map<string, CachedToken>();
    const claims = claimsOf(principal);
    return {
      text,
      tokenFor: (subgraph) => {
        const nowMs = this.#wallClock();
        const cached = tokens.get(subgraph);
        if (cached && nowMs < cached.untilMs) return cached.token;
        const { issuer, lifetimeSeconds } = this.#options;
        const iat = Math.floor(nowMs / 1000);
        const validUntilMs = principal.validUntilMs ?? Infinity;
        const exp = Math.min(iat + lifetimeSeconds, Math.floor(validUntilMs / 1000));
        const token = this.#sign({ iss: issuer, aud: subgraph, iat, exp, ...claims });
        tokens.set(subgraph, { token, untilMs: Math.min(nowMs + lifetimeSeconds * 500, exp * 1000) });
        return token;
      },
    };
  }

  #sign(payload: object): string {
    const { key, algorithm, head } = this.#current;
    const signingInput = `${head}.${encoded(payload)}`;
    const signature = sign(hashOf(algorithm), Buffer.from(signingInput), { key, dsaEncoding: 'ieee-p1363' });
    return `${signingInput}.${signature.toString('base64url')}`;
  }
}

/** Unknown values are omitted. `idp`: a subject is unique within its identity provider only. */
function claimsOf({ subject, client, tier, roles, scopes, issuer, provenBy }: Principal): object {
  return {
    ...(subject === null ? {} : { sub: subject }),
    ...(client === null ? {} : { client_id: client }),
    ...(tier === null ? {} : { tier }),
    roles,
    scope: scopes.join(' '),
    ...(issuer === null ? {} : { idp: issuer }),
    proven_by: provenBy,
  };
}

function currentOf([first]: readonly SigningJwk[]): CurrentKey {
  if (!first) throw new Error('there is no signing key');
  const { alg, kid } = first;
  return { key: privateKeyOf(first), algorithm: alg, head: encoded({ alg, kid, typ: 'JWT' }) };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
