/**
 * Objects whose keys come from outside: names that clients, schemas, files and services chose. A plain object has
 * members that nobody put there (`constructor`, `toString`), and `__proto__` as a key changes what it inherits.
 */

import { ExactNumber } from './exact-number.ts';

/** Makes what `Object.create(null)` makes, several times faster: that one is kept as a dictionary. */
const EmptyRecord = function () {} as unknown as new () => Record<string, never>;
(EmptyRecord as { prototype: unknown }).prototype = Object.freeze(Object.create(null));

/** A record that inherits nothing: each name in it was put there. */
export function emptyRecord<Value = unknown>(): Record<string, Value> {
  return new EmptyRecord();
}

export function recordOf<Value>(entries: Iterable<readonly [string, Value]>): Record<string, Value> {
  const record = emptyRecord<Value>();
  for (const [name, value] of entries) record[name] = value;
  return record;
}

/** Whether a value is an object of JSON: neither null, nor a list, nor a number that keeps its digits. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
  );
}

/** The value of a name that was put there, for objects that inherit: those that were parsed or that users wrote. */
export function own<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
