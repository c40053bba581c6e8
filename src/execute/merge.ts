/**
 * Merges what subgraphs answered into the data of one request, in place.
 *
 * A value that is already there is never replaced by null: of two subgraphs that answer for one shared field, the one
 * that failed must not take away what the other one gave, whichever came last.
 */

import { ExactNumber } from '../shared/exact-number.ts';
import { isRecord, own } from '../shared/records.ts';

export type Data = Record<string, unknown>;

/** In the place of `__typename`: the subgraph that knows the runtime type says that there is no such object. */
export const noSuchObject = Symbol('no such object');

/**
 * Moves the fields of `source` into `target`. Nested values are taken by reference: `source` belongs to the request,
 * and merging it into several targets shares them (see `fetch-step.ts` for why that is safe).
 */
export function merge(target: Data, source: Data): void {
  for (const key in source) {
    const value = source[key];
    if (value === undefined || key === '__proto__') continue;
    const present = own(target, key);
    if (present === undefined || present === null) target[key] = value;
    else if (value !== null && present !== value) target[key] = mergeValues(present, value);
  }
}

/** For values that are both there and not the same. */
export function mergeValues(present: unknown, value: unknown): unknown {
  if (Array.isArray(present)) return Array.isArray(value) ? mergeLists(present, value) : value;
  if (isRecord(present) && isRecord(value)) {
    const type = present.__typename;
    merge(present, value);
    // Found out by now: what another fetch says may be the name of an interface object.
    if (type !== undefined && type !== null) present.__typename = type;
    return present;
  }
  return value;
}

/** Lists of the same field have the same elements in the same order; where the lengths differ the later answer stands. */
function mergeLists(present: unknown[], value: unknown[]): unknown[] {
  if (present.length !== value.length) return value;
  for (let i = 0; i < value.length; i += 1) {
    const element = value[i];
    if (element === null || element === undefined || element === present[i]) continue;
    present[i] = present[i] === null || present[i] === undefined ? element : mergeValues(present[i], element);
  }
  return present;
}

/** A copy that shares nothing with `source`, of JSON values. */
export function copyOf<Value>(source: Value): Value {
  if (typeof source !== 'object' || source === null || source instanceof ExactNumber) return source;
  if (Array.isArray(source)) return source.map(copyOf) as Value;
  const copy: Data = {};
  for (const key in source) if (key !== '__proto__') copy[key] = copyOf(source[key]);
  return copy as Value;
}
