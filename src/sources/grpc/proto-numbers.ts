/** Numbers of proto3 from plain values, as its JSON mapping reads them: numbers, and decimal text. Never another number. */

import { ExactNumber } from '../../shared/exact-number.ts';

const bits = { int32: -31, sint32: -31, sfixed32: -31, uint32: 32, fixed32: 32 } as const;
const longBits = { int64: -63, sint64: -63, sfixed64: -63, uint64: 64, fixed64: 64 } as const;

const decimal = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const whole = /^-?\d{1,40}$/;

/** Undefined for what is no number of the type. */
export function integer32(type: keyof typeof bits, value: unknown): number | undefined {
  const number = numberOf(value);
  const size = bits[type];
  const [min, max] = size < 0 ? [-(2 ** -size), 2 ** -size - 1] : [0, 2 ** size - 1];
  return number !== undefined && Number.isInteger(number) && number >= min && number <= max
    ? number
    : undefined;
}

/** Its digits. Undefined for what is no number of the type, and for numbers that may have been another one before. */
export function integer64(type: keyof typeof longBits, value: unknown): string | undefined {
  const number = wholeOf(value);
  if (number === undefined) return undefined;
  const size = longBits[type];
  const fits =
    size < 0 ? BigInt.asIntN(1 - size, number) === number : BigInt.asUintN(size, number) === number;
  return fits ? String(number) : undefined;
}

const notFinite: ReadonlySet<unknown> = new Set(['NaN', 'Infinity', '-Infinity']);

/** NaN and the infinities as text alone: as numbers they are what went wrong before. */
export function real(type: 'float' | 'double', value: unknown): number | undefined {
  if (notFinite.has(value)) return Number(value);
  const number = numberOf(value);
  const held = number !== undefined && type === 'float' ? Math.fround(number) : number;
  return Number.isFinite(held) ? number : undefined;
}

/** In the form that protobufjs writes as it is; undefined for what is no key of the type. */
export function keyText(type: string, key: string): string | undefined {
  if (type === 'string') return key.isWellFormed() ? key : undefined;
  // protobufjs writes true for every text that is not empty.
  if (type === 'bool') return key === 'true' ? key : key === 'false' ? '' : undefined;
  if (Object.hasOwn(longBits, type)) return integer64(type as keyof typeof longBits, key);
  return integer32(type as keyof typeof bits, key)?.toString();
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'bigint') return Number(value);
  const plain = value instanceof ExactNumber ? value.plain() : value;
  const number = typeof plain === 'string' && decimal.test(plain) ? Number(plain) : plain;
  return typeof number === 'number' ? number : undefined;
}

function wholeOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  const text = value instanceof ExactNumber ? String(value) : value;
  if (typeof text === 'string' && whole.test(text)) return BigInt(text);
  const number = numberOf(value);
  return Number.isSafeInteger(number) ? BigInt(number as number) : undefined;
}
