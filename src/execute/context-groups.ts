/**
 * Groups the positions of a fetch with `@fromContext` arguments by the values of these arguments, which come from the
 * objects above each position. Each group is a call of its own.
 */

import type { ContextUse, PathStep, RewriteStep } from '../pipeline/prepared.ts';
import { isRecord, own } from '../shared/records.ts';
import { hasFailed } from './failed-fields.ts';
import type { Data } from './merge.ts';
import { matchesTypes } from './positions.ts';

/** The objects at `path`, by the JSON text of their context values, as members of an object. */
export type GroupByContext = (root: Data) => ReadonlyMap<string, readonly Data[]>;

/** @param onFailed Called with an object that is not asked for because a value failed. */
export function compileContextGroups(
  contexts: readonly ContextUse[],
  path: readonly PathStep[],
  onFailed: (object: Data) => void,
): GroupByContext {
  return (root) => {
    const groups = new Map<string, Data[]>();
    const add = (object: Data, ancestors: readonly Data[]): void => {
      const context = contextText(contexts, object, ancestors);
      if (context === null) {
        onFailed(object);
        return;
      }
      const group = groups.get(context);
      if (group) group.push(object);
      else groups.set(context, [object]);
    };
    /** As `positionsAt`, with the ancestors of each object, the root first. */
    const visit = (value: unknown, index: number, ancestors: readonly Data[]): void => {
      const step = path[index];
      if (Array.isArray(value)) {
        const isEach = step !== undefined && 'each' in step;
        for (const element of value) {
          if (!matchesTypes(element, isEach ? step.types : undefined)) continue;
          visit(element, isEach ? index + 1 : index, ancestors);
        }
        return;
      }
      if (!isRecord(value)) return;
      if (!step) add(value, ancestors);
      else if ('key' in step && matchesTypes(own(value, step.key), step.types)) {
        visit(value[step.key], index + 1, [...ancestors, value]);
      }
    };
    visit(root, 0, []);
    return groups;
  };
}

/**
 * A value of an object that its service does not know is null.
 *
 * @returns null where a value is missing because its fetch failed, and reported its error.
 */
function contextText(
  contexts: readonly ContextUse[],
  object: Data,
  ancestors: readonly Data[],
): string | null {
  const members: string[] = [];
  for (const { variable, places } of contexts) {
    let value: unknown;
    for (const { up, path } of places) {
      const source = up === 0 ? object : ancestors[ancestors.length - up];
      const next = source && valueAt(source, path, 0);
      if (next !== undefined) value = next;
      if (value !== undefined && value !== unknownValue) break;
    }
    if (value === undefined) return null;
    if (value === unknownValue) value = null;
    members.push(`${JSON.stringify(variable)}:${JSON.stringify(value)}`);
  }
  return members.join(',');
}

/** Of an object that its service does not know. */
const unknownValue = Symbol('unknown value');

/** For a list, the list of its elements' values. */
function valueAt(value: unknown, path: readonly RewriteStep[], index: number): unknown {
  const step = path[index];
  if (!step || value === null || value === undefined) return value;
  if (Array.isArray(value)) {
    const values = value.map((element) => valueAt(element, path, index) ?? null);
    return values.map((one) => (one === unknownValue ? null : one));
  }
  if (!isRecord(value)) return undefined;
  if ('key' in step) {
    const next = own(value, step.key);
    if (next === undefined) return hasFailed(value, step.key) ? undefined : unknownValue;
    return valueAt(next, path, index + 1);
  }
  const name = value.__typename;
  const matches = name === undefined || (typeof name === 'string' && step.types.includes(name));
  return matches ? valueAt(value, path, index + 1) : undefined;
}
