/** Applies the planner's data rewrites: type names of interface objects, and aliases that the planner added. */

import type { DataRewrite, FetchNode, RewriteStep } from '../pipeline/prepared.ts';
import { isRecord, own } from '../shared/records.ts';
import { mergeValues, type Data } from './merge.ts';

type Path = ReadonlyArray<string | number>;

export function applyRewrites(rewrites: readonly DataRewrite[], value: unknown): void {
  for (const rewrite of rewrites) {
    const last = rewrite.path.at(-1);
    if (last && 'key' in last) applyAt(value, rewrite, 0);
  }
}

/** A path of an answer as it is after the rewrites. */
export function rewrittenPath(rewrites: readonly DataRewrite[], path: Path): Path {
  if (rewrites.length === 0) return path;
  const keys: string[] = [];
  return path.map((element) => {
    if (typeof element === 'number') return element;
    keys.push(element);
    const rename = rewrites.find((rewrite) => rewrite.kind === 'rename' && isAt(rewrite, keys));
    return rename?.kind === 'rename' ? rename.to : element;
  });
}

/** The name in the merged data: a rewrite removes an alias that the planner added. */
export function finalName({ outputRewrites }: Pick<FetchNode, 'outputRewrites'>, name: string): string {
  return String(rewrittenPath(outputRewrites, [name])[0]);
}

function isAt({ path }: DataRewrite, keys: readonly string[]): boolean {
  const own = path.flatMap((step) => ('key' in step ? [step.key] : []));
  return own.length === keys.length && own.every((key, index) => key === keys[index]);
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

/** @param index Of the step of its path that comes next. */
function applyAt(value: unknown, rewrite: DataRewrite, index: number): void {
  if (Array.isArray(value)) {
    for (const element of value) applyAt(element, rewrite, index);
    return;
  }
  if (!isRecord(value)) return;
  const step = rewrite.path[index] as RewriteStep;
  if ('key' in step) {
    if (index < rewrite.path.length - 1) applyAt(own(value, step.key), rewrite, index + 1);
    else if (rewrite.kind === 'set') value[step.key] = rewrite.value;
    else renameKey(value, step.key, rewrite.to);
  } else if (value.__typename === undefined || isTypeName(value.__typename, step.types)) {
    applyAt(value, rewrite, index + 1);
  }
}

function isTypeName(name: unknown, types: readonly string[]): boolean {
  return typeof name === 'string' && types.includes(name);
}
