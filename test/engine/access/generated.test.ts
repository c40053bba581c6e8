/**
 * Operations nobody wrote, asked by three principals with every field under some rule: each gets what graphql-js gives
 * under the same rules.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { fixtures } from '../fixtures/index.ts';
import type { Tally } from '../random/contest.ts';
import { generatedTimeoutMs, judgeGenerated } from '../random/generated.ts';
import { tallyTable, total } from '../random/tally-table.ts';
import { guardFixture, type GuardedFixture } from './guarded-fixture.ts';
import { principals } from './rules.ts';

const names = Object.keys(principals) as Array<keyof typeof principals>;
const tallies = new Map<string, Tally>();
afterAll(() => console.log(tallyTable(tallies)));

describe.each(fixtures)('$name', (fixture) => {
  let rules: GuardedFixture;
  beforeAll(() => {
    rules = guardFixture(fixture, 5);
  });

  it.each(names)(
    'answers generated operations of %s as one schema under the same rules does',
    async (who) => {
      const guarded = { who, rules };
      tallies.set(`${fixture.name} ${who}`, await judgeGenerated(fixture, { operations: 6, guarded }));
    },
    generatedTimeoutMs,
  );
});

it('generates operations in which one name means different things under different type conditions', () => {
  expect(total([...tallies.values()]).differing).toBeGreaterThan(0);
});
