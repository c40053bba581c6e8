/**
 * Reads what a service sent, field by field, so that a wrong answer is the service's error (`SERVICE_BAD_RESPONSE`)
 * and not a defect of ours.
 */

import { ExactNumber } from '../../shared/exact-number.ts';
import { badResponse } from '../failures.ts';
import { own } from '../../shared/records.ts';

/** @throws {GatewayError} `SERVICE_BAD_RESPONSE` when it is no list. */
export function recordsOf(service: string, value: unknown): RecordReader[] {
  if (!Array.isArray(value)) throw badResponse(service, new TypeError('expected a list'));
  return value.map((record: unknown) => new RecordReader(service, record));
}

/** Each method takes the field's name and throws `SERVICE_BAD_RESPONSE` when the field holds another type. */
export class RecordReader {
  readonly #service: string;
  readonly #record: Readonly<Record<string, unknown>>;

  constructor(service: string, record: unknown) {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      throw badResponse(service, new TypeError('expected an object'));
    }
    this.#service = service;
    this.#record = record as Readonly<Record<string, unknown>>;
  }

  text(field: string): string {
    const value = this.value(field);
    if (typeof value === 'string') return value;
    throw this.#wrong(field, 'a string');
  }

  textOrNull(field: string): string | null {
    return (this.value(field) ?? null) === null ? null : this.text(field);
  }

  /** An id: text, or a whole number as its digits. */
  id(field: string): string {
    const value = this.value(field);
    if (value instanceof ExactNumber && /^-?\d+$/.test(String(value))) return String(value);
    return typeof value === 'number' ? String(this.whole(field)) : this.text(field);
  }

  /** Whatever it holds. */
  value(field: string): unknown {
    return own(this.#record, field);
  }

  /** The record as it came. */
  all(): Readonly<Record<string, unknown>> {
    return this.#record;
  }

  whole(field: string): number {
    const value = this.value(field);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    throw this.#wrong(field, 'a whole number');
  }

  oneOf<const Value extends string>(field: string, values: readonly Value[]): Value {
    const known = values.find((value) => value === this.value(field));
    if (known !== undefined) return known;
    throw this.#wrong(field, values.join(' or '));
  }

  records(field: string): RecordReader[] {
    return recordsOf(this.#service, this.value(field));
  }

  #wrong(field: string, expected: string) {
    return badResponse(this.#service, new TypeError(`${field}: expected ${expected}`));
  }
}
