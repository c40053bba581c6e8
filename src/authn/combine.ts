/** Combines the access token and the API key of a request: the token identifies the user, the key the client. */

import { type Proof, invalidCredentials } from './proof.ts';

interface Combination {
  readonly byKey: Proof;
  readonly combined: Proof;
}

export type Combine = (byToken: Proof, byKey: Proof) => Proof;

/** The same two proofs always give the same object, so that their requests can share responses. */
export function createCombine(): Combine {
  const combinations = new WeakMap<Proof, Combination>();
  return (byToken, byKey) => {
    const cached = combinations.get(byToken);
    if (cached?.byKey === byKey) return cached.combined;
    const combined = combine(byToken, byKey);
    combinations.set(byToken, { byKey, combined });
    return combined;
  };
}

/** @throws {GatewayError} `UNAUTHENTICATED` if the token was issued to another client. */
function combine(byToken: Proof, byKey: Proof): Proof {
  const { client, tier } = byKey.principal;
  const user = byToken.principal;
  if (user.client !== null && user.client !== client)
    throw invalidCredentials('the token was issued to another client than the API key');
  const ends = [user.validUntilMs, byKey.principal.validUntilMs].filter((end) => end !== null);
  const validUntilMs = ends.length === 0 ? null : Math.min(...ends);
  return { ...byToken, principal: { ...user, client, tier, validUntilMs } };
}
