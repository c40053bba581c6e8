/**
 * Soundness of `src/checks/impact`: random changes of random schemas, random operations, variables and data. What is
 * called safe must be answered the same before and after by graphql-js; `impact/backend.ts` says what the same data is.
 *
 * `TRIBUTARY_SEED` repeats a run, `TRIBUTARY_NIGHTLY=1` makes it 50 times as long.
 */
import { expect, it } from 'vitest';

import { mutations } from './impact/mutations.ts';
import { emptyCounts, emptyTally, tryPair, type Tally } from './impact/trial.ts';

const nightly = process.env['TRIBUTARY_NIGHTLY'] === '1';
const seed = Number(process.env['TRIBUTARY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** Changes that affect no answer whatever. */
const harmless = new Set(
  'describe,reorder,deprecate,add type,add field,add argument,add input field'.split(','),
);
const pairs = 100 * (nightly ? 50 : 1);

it(
  'answers operations that are called safe the same before and after a change',
  () => {
    const tally = emptyTally();
    for (let index = 0; index < pairs; index += 1) {
      const failure = tryPair(seed + index, tally);
      if (failure !== null) expect.fail(`TRIBUTARY_SEED=${seed + index}\n${failure}`);
    }
    console.log(tallyText(tally));
    const { levels, differing, operations } = tally;
    // Each level occurs often, and most of what is broken or affected could be seen.
    for (const level of ['broken', 'affected', 'safe'] as const) {
      expect(levels[level], level).toBeGreaterThan(operations / 20);
    }
    expect(differing.broken).toBeGreaterThan(levels.broken / 3);
    expect(differing.affected).toBeGreaterThan(levels.affected / 5);
    for (const name of mutations.keys()) {
      const counts = tally.byMutation.get(name) ?? emptyCounts();
      if (harmless.has(name)) expect({ name, ...counts }).toMatchObject({ name, broken: 0, affected: 0 });
      if (!nightly) continue;
      expect(counts.safe, name).toBeGreaterThan(0);
      if (!harmless.has(name)) expect(counts.broken + counts.affected, name).toBeGreaterThan(0);
    }
  },
  nightly ? 3_600_000 : 240_000,
);

function tallyText(tally: Tally): string {
  const { levels, differing } = tally;
  const rows = [...mutations.keys()].map((name) => {
    const { broken, affected, safe } = tally.byMutation.get(name) ?? emptyCounts();
    return `${name.padEnd(30)} ${[broken, affected, safe].map((count) => String(count).padStart(8)).join('')}`;
  });
  const codes = [...tally.codes].toSorted(([, a], [, b]) => b - a).map(([code, count]) => `${code} ${count}`);
  return [
    `Impact: TRIBUTARY_SEED=${seed}, ${tally.pairs} pairs of schemas, ${tally.changes} changes,`,
    `${tally.operations} operations (${tally.invalidDocuments} documents invalid), ${tally.executions} executions`,
    ...(['broken', 'affected', 'safe'] as const).map(
      (level) => `${level}: ${levels[level]}, of them answered otherwise: ${differing[level]}`,
    ),
    `${'one change'.padEnd(30)}   broken affected    safe`,
    ...rows,
    `Reasons: ${codes.join(', ')}`,
  ].join('\n');
}
