/** Finds the objects at a path of the plan, with or without where each of them is. */

import type { PathStep } from '../pipeline/prepared.ts';
import { isRecord, own } from '../shared/records.ts';
import type { Data } from './merge.ts';

/** The objects at `steps`, nulls and missing ones left out. */
export function objectsAt(root: Data, steps: readonly PathStep[]): Data[] {
  let values: unknown[] = [root];
  for (const step of steps) {
    const next: unknown[] = [];
    for (const value of values) advance(value, step, next);
    values = next;
  }
  return steps.length === 0 ? [root] : flatObjects(values);
}

function advance(value: unknown, step: PathStep, into: unknown[]): void {
  if (value === null || value === undefined) return;
  if ('each' in step) {
    if (!Array.isArray(value)) return;
    for (const element of value) if (passes(element, step.types)) into.push(element);
  } else if (Array.isArray(value)) {
    for (const element of value) advance(element, step, into);
  } else if (isRecord(value)) {
    const child = own(value, step.key);
    if (passes(child, step.types)) into.push(child);
  }
}

export function passes(value: unknown, types: readonly string[] | undefined): boolean {
  if (value === null || value === undefined) return false;
  return types === undefined || !isRecord(value) || types.includes(String(value.__typename));
}

function flatObjects(values: unknown[]): Data[] {
  const objects: Data[] = [];
  for (const value of values) {
    if (Array.isArray(value)) objects.push(...flatObjects(value));
    else if (isRecord(value)) objects.push(value);
  }
  return objects;
}

export interface Position {
  readonly object: Data;
  /** In the names of the merged data. */
  readonly path: ReadonlyArray<string | number>;
}

/** The same as `objectsAt`, with paths. Slow: for errors only. */
export function positionsAt(root: Data, steps: readonly PathStep[]): Position[] {
  const found: Position[] = [];
  locate(root, steps, 0, [], found);
  return found;
}

function locate(
  value: unknown,
  steps: readonly PathStep[],
  index: number,
  path: ReadonlyArray<string | number>,
  found: Position[],
): void {
  if (value === null || value === undefined) return;
  if (Array.isArray(value)) {
    const step = steps[index];
    const rest = step && 'each' in step ? index + 1 : index;
    const types = step && 'each' in step ? step.types : undefined;
    value.forEach((element: unknown, i) => {
      if (passes(element, types)) locate(element, steps, rest, [...path, i], found);
    });
    return;
  }
  if (!isRecord(value)) return;
  const step = steps[index];
  if (!step) found.push({ object: value, path });
  else if ('key' in step && passes(own(value, step.key), step.types)) {
    locate(value[step.key], steps, index + 1, [...path, step.key], found);
  }
}
