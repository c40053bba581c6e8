/**
 * Operations nobody wrote, over every fixture: our executor must answer as one plain schema over the same data does.
 *
 * `TRIBUTARY_SEED` repeats a run, `TRIBUTARY_NIGHTLY=1` makes it 50 times as long.
 */
import { afterAll, describe, expect, it } from 'vitest';

import { fixtures } from '../fixtures/index.ts';
import type { Tally } from './contest.ts';
import { generatedTimeoutMs, judgeGenerated } from './generated.ts';
import { tallyTable, total } from './tally-table.ts';

const tallies = new Map<string, Tally>();
afterAll(() => console.log(tallyTable(tallies)));

describe.each(fixtures)('$name', (fixture) => {
  it(
    'answers generated operations as one schema does',
    async () => {
      tallies.set(fixture.name, await judgeGenerated(fixture, { operations: 35 }));
    },
    generatedTimeoutMs,
  );
});

it('generates operations in which one name means different things under different type conditions', () => {
  const { operations, differing } = total([...tallies.values()]);
  expect(differing).toBeGreaterThan(operations / 40);
});
