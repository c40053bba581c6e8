/**
 * Coercion of scalars, the same for variables and responses. Custom scalars may be any JSON value but null.
 */

import { ExactNumber } from './exact-number.ts';

const intMax = 2_147_483_647;
const intMin = -2_147_483_648;

/** @returns The coerced value; undefined if it does not fit the type. */
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

/** Source code of an expression that is true only for values which `completeScalar` returns unchanged. */
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

/** The text of a number that is written as an integer. */
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
