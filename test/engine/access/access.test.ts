/** Three principals, each field under some rule: what each gets equals what graphql-js gives under the same rules. */
import { beforeAll, describe, it } from 'vitest';

import { fixtures } from '../fixtures/index.ts';
import { type Engines, expectAgreement } from '../oracle/agreement.ts';
import { openEngine } from '../ours/engine.ts';
import { guardFixture, type GuardedFixture } from './guarded-fixture.ts';
import { openGuardedMonolith } from './guarded-monolith.ts';
import { principals } from './rules.ts';

const seeds = [0, 3];
const names = Object.keys(principals) as Array<keyof typeof principals>;
const cases = fixtures.flatMap((fixture) => seeds.map((seed) => ({ fixture, seed, name: fixture.name })));

describe.each(cases)('$name under rules $seed', ({ fixture, seed }) => {
  let guarded: GuardedFixture;
  beforeAll(() => {
    guarded = guardFixture(fixture, seed);
  });

  describe.each(names)('for %s', (who) => {
    let engines: Engines;
    beforeAll(() => {
      const { policy, graph } = guarded;
      const principal = principals[who];
      const access = { policy, principal };
      engines = {
        monolith: openGuardedMonolith(fixture, principal.roles, seed),
        engine: openEngine(fixture, { access, graph }),
        interpreted: openEngine(fixture, { access, graph, interpreted: true }),
      };
    });

    it.each(fixture.operations)('$name', (operation) => expectAgreement(fixture, engines, operation));
  });
});
