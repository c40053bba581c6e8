/** Runs the parts of a split operation in parallel, then moves their fields into the data of the first part. */

import type { GraftTree } from '../pipeline/prepared.ts';
import type { Step } from './fetch.ts';
import { mergeField, type Data } from './merge.ts';
import { isRecord } from '../shared/records.ts';

export function compileSplit(
  main: Step,
  others: ReadonlyArray<{ readonly step: Step; readonly graft: GraftTree }>,
): Step {
  return async (run) => {
    const results = others.map(({ step, graft }) => {
      const data: Data = {};
      return { data, graft, done: step({ ...run, data }) };
    });
    await Promise.all([main(run), ...results.map(({ done }) => done)]);
    for (const { data, graft } of results) move(data, run.data, graft);
  };
}

function move(from: unknown, to: unknown, tree: GraftTree): void {
  if (Array.isArray(from) && Array.isArray(to)) {
    for (let i = 0; i < to.length; i += 1) move(from[i], to[i], tree);
    return;
  }
  if (!isRecord(from) || !isRecord(to)) return;
  for (const [key, subtree] of Object.entries(tree)) {
    if (subtree !== true) move(from[key], to[key], subtree);
    // For objects of another type, the first part may have the field of that name, or a part of what is below it.
    else mergeField(to, key, from[key]);
  }
}
