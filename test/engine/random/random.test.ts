/**
 * Operations nobody wrote, over every fixture: our executor must answer as one plain schema over the same data does.
 *
 * `TRIBUTARY_SEED` repeats a run, `TRIBUTARY_NIGHTLY=1` makes it 50 times as long.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

import { fixtures } from '../fixtures/index.ts';
import { openMonolith } from '../oracle/monolith.ts';
import { openContest, type Tally } from './contest.ts';
import { sketches, type OperationSketch } from './sketch.ts';
import { knownValues } from './values.ts';
import { writeOperation } from './write.ts';

const nightly = process.env['TRIBUTARY_NIGHTLY'] === '1';
const seed = Number(process.env['TRIBUTARY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const operationsPerFixture = Number(process.env['TRIBUTARY_OPERATIONS'] ?? 90) * (nightly ? 50 : 1);
/** The stock gateway is the slowest of the three: it answers one operation of so many. */
const stockEvery = 3;
/** Operations tried to make a failing one smaller. */
const shrinksMax = 1_500;
const timeoutMs = nightly ? 3_600_000 : 120_000;

console.log(`Generated operations: TRIBUTARY_SEED=${seed}`);

const tallies = new Map<string, Tally>();
afterAll(() => console.log(table(tallies)));

describe.each(fixtures)('$name', (fixture) => {
  it(
    'answers generated operations as one schema does',
    async () => {
      const contest = openContest(fixture);
      const { tally } = contest;
      tallies.set(fixture.name, tally);
      const { schema } = openMonolith(fixture);
      const write = (sketch: OperationSketch) => writeOperation(schema, sketch);
      let failed = 0;
      const arbitrary = sketches(schema, knownValues(fixture), fixture.notGenerated?.fields);
      const property = fc.asyncProperty(arbitrary, async (sketch) => {
        if (failed > 0 && (failed += 1) > shrinksMax) return;
        const operation = write(sketch);
        const verdict = await contest.judge(operation);
        fc.pre(verdict.valid);
        if (verdict.mismatch !== null) {
          failed ||= 1;
          throw new Error(verdict.mismatch);
        }
        if (failed === 0 && tally.operations % stockEvery === 0) await contest.judgeStock(operation);
      });
      const outcome = await fc.check(property, { seed, numRuns: operationsPerFixture });
      await contest.close();
      if (outcome.failed) expect.fail(failureText(fixture.name, outcome, write));
      if (fixture.planningTimesOut === undefined) expect(tally.notPlanned).toEqual([]);
      expect(tally.invalid).toBeLessThan(0.3 * (tally.operations + tally.invalid));
    },
    timeoutMs,
  );
});

function failureText(
  name: string,
  { counterexample, errorInstance, numShrinks }: fc.RunDetails<[OperationSketch]>,
  write: (sketch: OperationSketch) => { query: string; variables: unknown },
): string {
  const [sketch] = counterexample ?? [];
  const { query, variables } = sketch ? write(sketch) : { query: 'none ran', variables: {} };
  const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return [
    `Fixture ${name}, TRIBUTARY_SEED=${seed}, after ${numShrinks} shrinks:`,
    query,
    `variables ${JSON.stringify(variables)}`,
    reason,
  ].join('\n');
}

function table(rows: ReadonlyMap<string, Tally>): string {
  const lines = [...rows].map(([name, tally]) =>
    [
      name.padEnd(28),
      String(tally.operations).padStart(10),
      String(tally.invalid).padStart(8),
      String(tally.notPlanned.length).padStart(11),
      String(tally.stockOperations).padStart(10),
      String(tally.stockMismatches).padStart(12),
    ].join(' '),
  );
  const head = `${'fixture'.padEnd(28)} operations  invalid  not planned  for stock  stock wrong`;
  return [head, ...lines].join('\n');
}
