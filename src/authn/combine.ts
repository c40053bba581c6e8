/** A token and an API key of one request: who the user is by the one, which client calls by the other. */

import { type Proof, refusal } from './proof.ts';

interface Combined {
  readonly byKey: Proof;
  readonly both: Proof;
}

export type Combine = (byToken: Proof, byKey: Proof) => Proof;

/** The same two proofs always make the same one: whoever shows them may share answers. */
export function createCombine(): Combine {
  const known = new WeakMap<Proof, Combined>();
  return (byToken, byKey) => {
    const before = known.get(byToken);
    if (before?.byKey === byKey) return before.both;
    const both = combine(byToken, byKey);
    known.set(byToken, { byKey, both });
    return both;
  };
}

/** @throws {GatewayError} `UNAUTHENTICATED` where the token was given to another client. */
function combine(byToken: Proof, byKey: Proof): Proof {
  const { client, tier } = byKey.principal;
  const user = byToken.principal;
  if (user.client !== null && user.client !== client)
    throw refusal('the token was given to another client than the API key');
  const ends = [user.validUntilMs, byKey.principal.validUntilMs].filter((end) => end !== null);
  const validUntilMs = ends.length === 0 ? null : Math.min(...ends);
  return { ...byToken, principal: { ...user, client, tier, validUntilMs } };
}
