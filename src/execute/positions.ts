/** Finds the objects at a path of the plan, with or without the path of each object. */

import type { PathStep } from '../pipeline/prepared.ts';
import { isRecord, own } from '../shared/records.ts';
import type { Data } from './merge.ts';

/** The objects at `steps`, without null and missing ones. */
export function objectsAt(root: Data, steps: readonly PathStep[]): Data[] {
  let values: unknown[] = [root];
  for (const step of steps) {
    const next: unknown[] = [];
    for (const value of values) advance(value, step, next);
    values = next;
  }
  return steps.length === 0 ? [root] : flatObjects(values);
}

function advance(value: unknown, step: PathStep, results: unknown[]): void {
  if (value === null || value === undefined) return;
  if ('each' in step) {
    if (!Array.isArray(value)) return;
    for (const element of value) if (matchesTypes(element, step.types)) results.push(element);
  } else if (Array.isArray(value)) {
    for (const element of value) advance(element, step, results);
  } else if (isRecord(value)) {
    const child = own(value, step.key);
    if (matchesTypes(child, step.types)) results.push(child);
  }
}

export function matchesTypes(value: unknown, types: readonly string[] | undefined): boolean {
  if (value === null || value === undefined) return false;
  return types === undefined || !isRecord(value) || types.includes(String(value.__typename));
}

function flatObjects(values: readonly unknown[], objects: Data[] = []): Data[] {
  for (const value of values) {
    if (Array.isArray(value)) flatObjects(value, objects);
    else if (isRecord(value)) objects.push(value);
  }
  return objects;
}

export interface Position {
  readonly object: Data;
  /** In the names of the merged data. */
  readonly path: ReadonlyArray<string | number>;
}

/** The same as `objectsAt`, with paths. Slow path: for errors only. */
export function positionsAt(root: Data, steps: readonly PathStep[]): Position[] {
  const positions: Position[] = [];
  const locate = (value: unknown, index: number, path: Position['path']): void => {
    if (value === null || value === undefined) return;
    const step = steps[index];
    if (Array.isArray(value)) {
      const isEach = step !== undefined && 'each' in step;
      value.forEach((element: unknown, i) => {
        if (!matchesTypes(element, isEach ? step.types : undefined)) return;
        locate(element, isEach ? index + 1 : index, [...path, i]);
      });
      return;
    }
    if (!isRecord(value)) return;
    if (!step) positions.push({ object: value, path });
    else if ('key' in step && matchesTypes(own(value, step.key), step.types)) {
      locate(value[step.key], index + 1, [...path, step.key]);
    }
  };
  locate(root, 0, []);
  return positions;
}
