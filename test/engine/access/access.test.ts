/** Three principals, each field under some rule: what each gets equals what graphql-js gives under the same rules. */
import { describe, it } from 'vitest';

import { fixtures } from '../fixtures/index.ts';
import { expectAgreement } from '../oracle/agreement.ts';
import { monolithSchema } from '../oracle/monolith.ts';
import { openEngine } from '../ours/engine.ts';
import { openGuardedMonolith } from './guarded-monolith.ts';
import { policyFor, principals, rulesOf } from './rules.ts';

const seeds = [0, 3];
const cases = fixtures.flatMap((fixture) =>
  Object.keys(principals).map((who) => ({
    fixture,
    who: who as keyof typeof principals,
    name: fixture.name,
  })),
);

describe.each(cases)('$name as $who', ({ fixture, who }) => {
  describe.each(seeds)('rules %i', (seed) => {
    const plain = monolithSchema(fixture.monolith);
    const principal = principals[who];
    const access = { policy: policyFor(plain, rulesOf(plain, seed)), principal };
    const engines = {
      monolith: openGuardedMonolith(fixture, principal.roles, seed),
      engine: openEngine(fixture, { access }),
      interpreted: openEngine(fixture, { access, interpreted: true }),
    };

    it.each(fixture.operations)('$name', (operation) => expectAgreement(fixture, engines, operation));
  });
});
