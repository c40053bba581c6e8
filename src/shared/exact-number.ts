/**
 * Numbers that keep their digits. JavaScript rounds 9007199254740993 to an even number and 0.12345678901234567891 to 17
 * digits; an id or an amount that is rounded is another one. Most texts have no such number, which a cheap look tells:
 * only the others are read by `exact-json.ts`.
 */

/** Of ES2026; not yet in the library that TypeScript is told of. */
const json = JSON as unknown as { rawJSON(text: string): object };

/** A number with the digits that it was written with. */
export class ExactNumber {
  readonly #text: string;

  /** @param text As in JSON. */
  constructor(text: string) {
    this.#text = text;
  }

  /** The digits as they were written. */
  toString(): string {
    return this.#text;
  }

  /** What graphql-js serialises: an id has the same digits. */
  valueOf(): string {
    return this.#text;
  }

  toJSON(): unknown {
    return json.rawJSON(this.#text);
  }

  /** The same value as a number of JavaScript; the object itself where there is none. */
  plain(): number | ExactNumber {
    const value = Number(this.#text);
    return isExactly(this.#text, value) ? value : this;
  }

  /** @throws {RangeError} Where arithmetic would be done with another number. */
  [Symbol.toPrimitive](hint: string): string | number {
    if (hint !== 'number') return this.#text;
    const plain = this.plain();
    if (typeof plain === 'number') return plain;
    throw new RangeError(`This number has more digits than JavaScript can calculate with: use its String()`);
  }
}

/** Which numbers become an `ExactNumber`: all that would be written differently, or those alone whose value would change. */
export type Exactness = 'digits' | 'value';

/** Whether JavaScript may write a number of this JSON text in another way. */
export function mayChange(text: string): boolean {
  return mayHold.test(text) && changing.test(text);
}

/** What every such number has: the common texts that have none of it are passed in a third of the time. */
const mayHold = /\d[.eE]|-0|\d{16}/;

/**
 * A number that may be written differently: -0, one of 16 digits, one with a zero at its end or many at its start, one
 * with an exponent. What looks like it within a string costs time, no more. These are regular expressions because a loop
 * over a long text that is called seldom is not optimised by the engine, and takes longer.
 */
const changing = /(?:^|[:,[])\s*-?(?:[\d.]{16}|0\.0{6}|\d+\.\d*0(?!\d)|\d+(?:\.\d+)?[eE]|(?<=-)0(?![.\d]))/;

/** @param text As in JSON and GraphQL. */
export function numberOf(text: string, exactness: Exactness): number | ExactNumber {
  if (exactness === 'digits' && hasZeroAtItsEnd(text)) return new ExactNumber(text);
  const value = Number(text);
  if (text === String(value) || (exactness === 'value' && isExactly(text, value))) return value;
  return new ExactNumber(text);
}

/** A fraction that ends so, or -0: JavaScript writes both differently. */
function hasZeroAtItsEnd(text: string): boolean {
  if (!text.endsWith('0')) return false;
  return text === '-0' || (text.includes('.') && !exponent.test(text));
}

const exponent = /[eE]/;

/**
 * Whether a number in this text may lose digits. No number of up to 15 digits does, so that one byte in 16 tells; an
 * exponent, which takes a value out of the range of numbers, is not looked for.
 */
export function mayHaveLongNumber(text: Uint8Array): boolean {
  const { length } = text;
  for (let at = runMax; at < length; at += runMax + 1) {
    if (isOfNumber(text[at] as number) && runAround(text, at) > runMax) return true;
  }
  return false;
}

/** Digits and the point of a number that surely keeps its digits. */
const runMax = 15;

function runAround(text: Uint8Array, at: number): number {
  let start = at;
  let end = at + 1;
  while (start > 0 && isOfNumber(text[start - 1] as number)) start -= 1;
  while (end < text.length && isOfNumber(text[end] as number)) end += 1;
  return end - start;
}

/** A digit, a point or a slash, which is between them: one comparison, in a loop over every answer. */
function isOfNumber(byte: number): boolean {
  return (byte - 0x2e) >>> 0 < 12;
}

/** What to say of a number that no float can hold. */
export const tooLarge = 'expected a number below 1.8e308.';

/** Whether this is a float beyond what floats can hold: few services would read more than an infinity in it. */
export function isTooLarge(text: string): boolean {
  const mayBe = text.length > digitsMax || exponent.test(text);
  return mayBe && !Number.isFinite(Number(text)) && /[.eE]/.test(text);
}

/** Of a whole number that a float holds; that is an approximation then. */
const digitsMax = 308;

/** Whether writing `value` gives the same decimal number as `text`, however it is written. */
function isExactly(text: string, value: number): boolean {
  if (!Number.isFinite(value)) return false;
  if (value === 0) return zero.test(text);
  // Texts are most often short, and a client may send many: no double loses one of so many digits.
  if (text.length <= runMax && Math.abs(value) > leastWithAllDigits) return true;
  return canonical(text) === canonical(String(value));
}

const zero = /^-?[0.]+(?:[eE]|$)/;
/** Smaller ones hold fewer digits. */
const leastWithAllDigits = 1e-290;

/** Equal for equal numbers: the digits without zeros around them, and the power of ten. */
function canonical(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(text) ?? [];
  const digits = whole + fraction;
  let start = 0;
  let end = digits.length;
  while (digits[start] === '0') start += 1;
  while (end > start && digits[end - 1] === '0') end -= 1;
  if (start === end) return '0';
  const power = Number(exponent) - fraction.length + (digits.length - end);
  return `${sign}${digits.slice(start, end)}e${power}`;
}
