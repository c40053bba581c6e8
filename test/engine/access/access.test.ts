/** Three principals, each field under some rule: what each gets equals what graphql-js gives under the same rules. */
import { describe, expect, it } from 'vitest';

import { fixtures } from '../fixtures/index.ts';
import { misplaced, unreported } from '../oracle/compare.ts';
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
    const monolith = openGuardedMonolith(fixture, principal.roles, seed);
    const engine = openEngine(fixture, { access });
    const interpreted = openEngine(fixture, { access, interpreted: true });

    it.each(fixture.operations)('$name', async (operation) => {
      fixture.reset?.();
      const expected = await monolith.run(operation);
      fixture.reset?.();
      const actual = await engine.run(operation);
      fixture.reset?.();
      const reference = await interpreted.run(operation);
      fixture.reset?.();

      const context = JSON.stringify({ ours: actual.errors, monolith: expected.errors });
      expect(JSON.stringify(actual.data), context).toBe(JSON.stringify(expected.data));
      expect(JSON.stringify(reference.data), context).toBe(JSON.stringify(expected.data));
      expect(unreported(expected, actual), context).toEqual([]);
      expect(misplaced(actual), context).toEqual([]);
    });
  });
});
