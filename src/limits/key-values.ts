/** The values of arguments as keys of limits: one number is one key, however it is written. */

import { ExactNumber } from '../shared/exact-number.ts';
import { isRecord } from '../shared/records.ts';

/** @returns Made of strings, booleans, null, lists and entries: equal as JSON for equal values. */
export function keyValue(value: unknown): unknown {
  if (typeof value === 'number' || value instanceof ExactNumber) return { number: numberText(String(value)) };
  if (Array.isArray(value)) return value.map(keyValue);
  // Entries: names are from clients. Sorted, because their order means nothing.
  if (isRecord(value))
    return Object.keys(value)
      .toSorted()
      .map((name) => [name, keyValue(value[name])]);
  return value;
}

const numberPattern = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i;

/** Integers keep all digits, because they may be ids; of others, services have no more than a double. */
function numberText(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = numberPattern.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return '0';
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  const zeros = Number(exponent) - fraction.length + digits.length - end;
  if (zeros >= 0) return `${sign}${digits.slice(0, end)}e${zeros}`;
  const rounded = Number(text);
  return Number.isInteger(rounded) ? numberText(String(rounded)) : String(rounded);
}
