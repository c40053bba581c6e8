/**
 * The values that scalars may have, in variables as in responses. Custom scalars may be anything that JSON can say but
 * null.
 */

import { ExactNumber } from './exact-number.ts';

const intMax = 2_147_483_647;
const intMin = -2_147_483_648;

/** @returns The value to go on with; undefined where it does not fit the type. */
export function completeScalar(type: string, value: unknown): unknown {
  switch (type) {
    case 'String':
      return typeof value === 'string' ? value : undefined;
    case 'ID':
      return typeof value === 'string' ? value : digitsOf(value);
    case 'Int':
      return intOf(value instanceof ExactNumber ? value.plain() : value);
    case 'Float':
      return finite(value);
    case 'Boolean':
      return typeof value === 'boolean' ? value : undefined;
    default:
      return typeof value === 'number' ? finite(value) : value;
  }
}

/** Code of an expression that is true only for values which `completeScalar` leaves as they are. */
export function usualScalarCode(type: string, variable: string): string {
  switch (type) {
    case 'Int':
      return `typeof ${variable} === 'number' && (${variable} | 0) === ${variable}`;
    case 'Float':
      return `Number.isFinite(${variable})`;
    case 'Boolean':
      return `typeof ${variable} === 'boolean'`;
    default:
      return `typeof ${variable} === 'string'`;
  }
}

/** Of a number that is written as a whole one. */
function digitsOf(value: unknown): string | undefined {
  if (Number.isSafeInteger(value)) return String(value);
  const isNumber = typeof value === 'number' || value instanceof ExactNumber;
  const text = isNumber ? String(value) : '';
  return /^-?\d+$/.test(text) ? text : undefined;
}

function intOf(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value)) return undefined;
  return value >= intMin && value <= intMax ? value : undefined;
}

function finite(value: unknown): unknown {
  const number = value instanceof ExactNumber ? Number(String(value)) : value;
  return Number.isFinite(number) ? value : undefined;
}
