/** A fixture with every field under some rule, loaded once for all who ask. */
import type { LoadedPolicy } from '../../../src/authz/policy/load-policy.ts';
import type { Fixture } from '../fixtures/fixture.ts';
import { monolithSchema } from '../oracle/monolith.ts';
import { EngineGraph } from '../ours/engine.ts';
import { policyFor, rulesOf } from './rules.ts';

export interface GuardedFixture {
  /** Which rule each field has, see `rulesOf`. */
  readonly seed: number;
  readonly policy: LoadedPolicy;
  readonly graph: EngineGraph;
}

export function guardFixture(fixture: Fixture, seed: number): GuardedFixture {
  const plain = monolithSchema(fixture.monolith);
  const policy = policyFor(plain, rulesOf(plain, seed));
  return { seed, policy, graph: new EngineGraph(fixture, policy) };
}
