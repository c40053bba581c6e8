/**
 * Objects whose keys come from clients, schemas, files or services. A plain object would have inherited members
 * (`constructor`, `toString`), and the key `__proto__` would change its prototype.
 */

import { ExactNumber } from './exact-number.ts';

/** Like `Object.create(null)`, but several times faster: V8 keeps that one in dictionary mode. */
const EmptyRecord = function () {} as unknown as new () => Record<string, never>;
(EmptyRecord as { prototype: unknown }).prototype = Object.freeze(Object.create(null));

/** A record without inherited members. */
export function emptyRecord<Value = unknown>(): Record<string, Value> {
  return new EmptyRecord();
}

export function recordOf<Value>(entries: Iterable<readonly [string, Value]>): Record<string, Value> {
  const record = emptyRecord<Value>();
  for (const [name, value] of entries) record[name] = value;
  return record;
}

/** Whether a value is a JSON object: not null, a list or an `ExactNumber`. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
  );
}

/** The value of an own property, for objects with a prototype: parsed ones, and those of user modules. */
export function own<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
