/**
 * The positions of a fetch whose arguments come from the objects above them (`@fromContext`), grouped by the values
 * they find there: each group is a call of its own.
 */

import type { ContextUse, PathStep, RewriteStep } from '../pipeline/prepared.ts';
import { isRecord, own } from '../shared/records.ts';
import type { Data } from './merge.ts';
import { passes } from './positions.ts';

/** The objects at `path` by the JSON text of the values they find, as members of an object. */
export type GroupByContext = (root: Data) => ReadonlyMap<string, readonly Data[]>;

export function compileContextGroups(
  contexts: readonly ContextUse[],
  path: readonly PathStep[],
): GroupByContext {
  return (root) => {
    const groups = new Map<string, Data[]>();
    visitPositions({ value: root, above: [] }, path, 0, (object, above) => {
      const context = contextText(contexts, object, above);
      if (context === null) return;
      const group = groups.get(context);
      if (group) group.push(object);
      else groups.set(context, [object]);
    });
    return groups;
  };
}

interface Place {
  readonly value: unknown;
  /** The objects on the way to it, the root first. */
  readonly above: readonly Data[];
}

/** As `positionsAt` goes, but with the objects on the way. */
function visitPositions(
  { value, above }: Place,
  steps: readonly PathStep[],
  index: number,
  visit: (object: Data, above: readonly Data[]) => void,
): void {
  const step = steps[index];
  if (Array.isArray(value)) {
    const isEach = step !== undefined && 'each' in step;
    for (const element of value) {
      if (!passes(element, isEach ? step.types : undefined)) continue;
      visitPositions({ value: element, above }, steps, isEach ? index + 1 : index, visit);
    }
    return;
  }
  if (!isRecord(value)) return;
  if (!step) visit(value, above);
  else if ('key' in step && passes(own(value, step.key), step.types)) {
    visitPositions({ value: value[step.key], above: [...above, value] }, steps, index + 1, visit);
  }
}

/** @returns null where a value is not there: the fetch that should have brought it failed, and says so itself. */
function contextText(contexts: readonly ContextUse[], object: Data, above: readonly Data[]): string | null {
  const members: string[] = [];
  for (const { variable, places } of contexts) {
    let value: unknown;
    for (const { up, path } of places) {
      const from = up === 0 ? object : above[above.length - up];
      value = from && valueAt(from, path, 0);
      if (value !== undefined) break;
    }
    if (value === undefined) return null;
    members.push(`${JSON.stringify(variable)}:${JSON.stringify(value)}`);
  }
  return members.join(',');
}

/** Of a list, the list of what its elements hold. */
function valueAt(value: unknown, path: readonly RewriteStep[], index: number): unknown {
  const step = path[index];
  if (!step || value === null || value === undefined) return value;
  if (Array.isArray(value)) return value.map((element) => valueAt(element, path, index) ?? null);
  if (!isRecord(value)) return undefined;
  if ('key' in step) return valueAt(own(value, step.key), path, index + 1);
  const name = value.__typename;
  const matches = name === undefined || (typeof name === 'string' && step.types.includes(name));
  return matches ? valueAt(value, path, index + 1) : undefined;
}
