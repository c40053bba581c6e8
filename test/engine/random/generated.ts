/** Runs generated operations against one fixture, until one is answered otherwise than by one plain schema. */
import fc from 'fast-check';
import { expect } from 'vitest';

import type { Fixture } from '../fixtures/fixture.ts';
import { openMonolith } from '../oracle/monolith.ts';
import { openContest, type ContestTerms, type Tally } from './contest.ts';
import { sketches, type OperationSketch } from './sketch.ts';
import { knownValues } from './values.ts';
import { writeOperation } from './write.ts';

const nightly = process.env['TRIBUTARY_NIGHTLY'] === '1';
export const seed = Number(process.env['TRIBUTARY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** The stock gateway is the slowest of the three: it answers one operation of so many. */
const stockEvery = 3;
/** Operations tried to make a failing one smaller. */
const shrinksMax = 1_500;
/** Each of them may be slow to plan. */
const shrinkMsMax = 60_000;

export const generatedTimeoutMs = nightly ? 3_600_000 : 240_000;

console.log(`Generated operations: TRIBUTARY_SEED=${seed}`);

export interface Runs extends ContestTerms {
  /** In the short form of the test. */
  readonly operations: number;
}

/** @returns What was tried. Fails the test at the first operation that is answered otherwise. */
export async function judgeGenerated(fixture: Fixture, { operations, ...terms }: Runs): Promise<Tally> {
  const contest = openContest(fixture, terms);
  const { tally } = contest;
  const { schema } = terms.view ?? openMonolith(fixture);
  const write = (sketch: OperationSketch) => writeOperation(schema, sketch);
  let failed = 0;
  let failedAtMs = Infinity;
  const arbitrary = sketches(schema, knownValues(fixture), fixture.notGenerated?.fields);
  const property = fc.asyncProperty(arbitrary, async (sketch) => {
    if (failed > 0 && (failed += 1) > shrinksMax) return;
    if (performance.now() - failedAtMs > shrinkMsMax) return;
    const operation = write(sketch);
    const verdict = await contest.judge(operation);
    fc.pre(verdict.valid);
    if (verdict.mismatch !== null) {
      failed ||= 1;
      if (failedAtMs === Infinity) failedAtMs = performance.now();
      throw new Error(verdict.mismatch);
    }
    if (failed === 0 && tally.operations % stockEvery === 0) await contest.judgeStock(operation);
  });
  const wanted = Number(process.env['TRIBUTARY_OPERATIONS'] ?? operations);
  const outcome = await fc.check(property, { seed, numRuns: wanted * (nightly ? 50 : 1) });
  await contest.close();
  if (outcome.failed) expect.fail(failureText(fixture.name, outcome, write));
  if (fixture.planningTimesOut === undefined) expect(tally.notPlanned).toEqual([]);
  expect(tally.invalid).toBeLessThan(0.3 * (tally.operations + tally.invalid));
  return tally;
}

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
