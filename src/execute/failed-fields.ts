/**
 * Fields that were not answered because a fetch failed, by object. What requires one of them below another object must not
 * be computed from its absence. An object that is only unknown to a service just has no value.
 */

import type { Data } from './merge.ts';

const failedFields = new WeakMap<Data, Set<string>>();

/** @param names In the merged data. */
export function markFailed(object: Data, names: readonly string[]): void {
  const failed = failedFields.get(object);
  if (!failed) failedFields.set(object, new Set(names));
  else for (const name of names) failed.add(name);
}

export function hasFailed(object: Data, name: string): boolean {
  return failedFields.get(object)?.has(name) === true;
}
