/** Applies the planner's data rewrites: type names of interface objects, and aliases that the planner added. */

import type { DataRewrite, RewriteStep } from '../pipeline/prepared.ts';
import { isRecord, own } from '../shared/records.ts';
import { mergeValues, type Data } from './merge.ts';

export function applyRewrites(rewrites: readonly DataRewrite[], value: unknown): void {
  for (const rewrite of rewrites) {
    const last = rewrite.path.at(-1);
    if (!last || !('key' in last)) continue;
    applyAt(value, rewrite.path, 0, (object) => {
      if (rewrite.kind === 'set') object[last.key] = rewrite.value;
      else renameKey(object, last.key, rewrite.to);
    });
  }
}

/** Merges with a value of the new name: an alias may select only a part of the same field. */
function renameKey(object: Data, from: string, to: string): void {
  const value = own(object, from);
  if (value === undefined) return;
  const existing = own(object, to);
  if (existing === undefined || existing === null) object[to] = value;
  else if (value !== null) object[to] = mergeValues(existing, value);
  object[from] = undefined;
}

function applyAt(
  value: unknown,
  path: readonly RewriteStep[],
  index: number,
  change: (object: Data) => void,
): void {
  if (Array.isArray(value)) {
    for (const element of value) applyAt(element, path, index, change);
    return;
  }
  if (!isRecord(value)) return;
  if (index === path.length - 1) {
    change(value);
    return;
  }
  const step = path[index] as RewriteStep;
  if ('key' in step) applyAt(own(value, step.key), path, index + 1, change);
  else if (value.__typename === undefined || isTypeName(value.__typename, step.types)) {
    applyAt(value, path, index + 1, change);
  }
}

function isTypeName(name: unknown, types: readonly string[]): boolean {
  return typeof name === 'string' && types.includes(name);
}
