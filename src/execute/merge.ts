/**
 * Merges the answers of subgraphs into the data of one request, in place.
 *
 * Null never replaces an existing value: if two subgraphs resolve a shared field and one fails, the value of the other
 * remains, whichever answered last.
 */

import { ExactNumber } from '../shared/exact-number.ts';
import { isRecord, own } from '../shared/records.ts';

export type Data = Record<string, unknown>;

/** Replaces `__typename`: the subgraph that resolves the runtime type has no such object. */
export const noSuchObject = Symbol('no such object');

/**
 * Moves the fields of `source` into `target`. Nested values are taken by reference: `source` belongs to the request,
 * and merging it into several targets shares them (see `fetch-step.ts` for why that is safe).
 */
export function merge(target: Data, source: Data): void {
  for (const key in source) if (key !== '__proto__') mergeField(target, key, source[key]);
}

/**
 * The same for the answer to one fetch.
 *
 * @param names Of fields that the fetch may write: a service may answer more than it was asked.
 */
export function mergeOnly(names: readonly string[]): (target: Data, source: Data) => void {
  const written = ['__typename', ...names];
  return (target, source) => {
    for (const name of written) mergeField(target, name, own(source, name));
  };
}

export function mergeField(target: Data, key: string, value: unknown): void {
  if (value === undefined) return;
  const existing = own(target, key);
  if (existing === undefined || existing === null) target[key] = value;
  else if (value !== null && existing !== value) target[key] = mergeValues(existing, value);
}

/** For two different values, neither of them null. */
export function mergeValues(existing: unknown, value: unknown): unknown {
  if (Array.isArray(existing)) return Array.isArray(value) ? mergeLists(existing, value) : value;
  if (isRecord(existing) && isRecord(value)) {
    const type = existing.__typename;
    merge(existing, value);
    // Keeps the runtime type: another fetch may have the name of an interface object.
    if (type !== undefined && type !== null) existing.__typename = type;
    return existing;
  }
  return value;
}

/** Lists of the same field have the same elements in the same order; if the lengths differ, the later answer wins. */
function mergeLists(existing: unknown[], value: unknown[]): unknown[] {
  if (existing.length !== value.length) return value;
  for (let i = 0; i < value.length; i += 1) {
    const element = value[i];
    if (element === null || element === undefined || element === existing[i]) continue;
    existing[i] =
      existing[i] === null || existing[i] === undefined ? element : mergeValues(existing[i], element);
  }
  return existing;
}

/** A deep copy of a JSON value. */
export function copyOf<Value>(source: Value): Value {
  if (typeof source !== 'object' || source === null || source instanceof ExactNumber) return source;
  if (Array.isArray(source)) return source.map(copyOf) as Value;
  const copy: Data = {};
  for (const key in source) {
    const value: unknown = copyOf(source[key]);
    // A custom scalar may hold any name.
    if (key !== '__proto__') copy[key] = value;
    else Object.defineProperty(copy, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return copy as Value;
}
