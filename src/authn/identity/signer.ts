/**
 * Signs who a request is from, for one subgraph: a short-lived JSON Web Token that says nothing of the client's own. One
 * is used for half of its life, for all requests of the same principal to the same subgraph.
 */

import { type KeyObject, sign } from 'node:crypto';

import { LRUCache } from 'lru-cache';

import type { Principal } from '../../pipeline/principal.ts';
import { hashOf, privateKeyOf, type SigningAlgorithm, type SigningJwk } from './signing-keys.ts';

export interface SignerOptions {
  readonly issuer: string;
  readonly lifetimeSeconds: number;
}

/** Everything that is signed for one principal. */
export interface SignedIdentity {
  /** Equal for principals that are told alike. */
  readonly text: string;
  readonly tokenFor: (subgraph: string) => string;
}

interface Kept {
  readonly token: string;
  readonly untilMs: number;
}

interface Current {
  readonly key: KeyObject;
  readonly algorithm: SigningAlgorithm;
  /** The first part of each token. */
  readonly head: string;
}

/** Principals whose tokens are kept; the one used longest ago makes room. */
const principalsMax = 10_000;

export class Signer {
  readonly #options: SignerOptions;
  readonly #wallClock: () => number;
  #current: Current;
  #byPrincipal = new WeakMap<Principal, SignedIdentity>();
  /** A proof that is not kept is another principal each time. */
  readonly #byText = new LRUCache<string, SignedIdentity>({ max: principalsMax });

  /** @param wallClock ms since 1970. */
  constructor(keys: readonly SigningJwk[], options: SignerOptions, wallClock: () => number) {
    this.#options = options;
    this.#wallClock = wallClock;
    this.#current = currentOf(keys);
  }

  /** Tokens are signed with the first of these from now on. */
  renew(keys: readonly SigningJwk[]): void {
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
    const kept = new Map<string, Kept>();
    const claims = claimsOf(principal);
    return {
      text,
      tokenFor: (subgraph) => {
        const nowMs = this.#wallClock();
        const known = kept.get(subgraph);
        if (known && nowMs < known.untilMs) return known.token;
        const { issuer, lifetimeSeconds } = this.#options;
        const iat = Math.floor(nowMs / 1000);
        const endsMs = principal.validUntilMs ?? Infinity;
        const exp = Math.min(iat + lifetimeSeconds, Math.floor(endsMs / 1000));
        const token = this.#sign({ iss: issuer, aud: subgraph, iat, exp, ...claims });
        kept.set(subgraph, { token, untilMs: Math.min(nowMs + lifetimeSeconds * 500, exp * 1000) });
        return token;
      },
    };
  }

  #sign(payload: object): string {
    const { key, algorithm, head } = this.#current;
    const signed = `${head}.${encoded(payload)}`;
    const signature = sign(hashOf(algorithm), Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }
}

/** Nothing that is not known is said. `idp`: a subject is unique within it only. */
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

function currentOf([first]: readonly SigningJwk[]): Current {
  if (!first) throw new Error('there is no key to sign with');
  const { alg, kid } = first;
  return { key: privateKeyOf(first), algorithm: alg, head: encoded({ alg, kid, typ: 'JWT' }) };
}

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
