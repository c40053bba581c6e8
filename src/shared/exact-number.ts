/**
 * Numbers that keep their digits. JavaScript rounds 9007199254740993 to an even number and 0.12345678901234567891 to 17
 * digits; a rounded id or amount is a wrong one. Most texts have no such number, which a cheap check finds out: only
 * the others are parsed by `exact-json.ts`.
 */

/** Part of ES2026; missing in the configured TypeScript library. */
const json = JSON as unknown as { rawJSON(text: string): object };

/** A number that keeps the digits of its source text. */
export class ExactNumber {
  readonly #text: string;

  /** @param text In JSON syntax. */
  constructor(text: string) {
    this.#text = text;
  }

  /** The source text. */
  toString(): string {
    return this.#text;
  }

  /** graphql-js serialises this: an id keeps its digits. */
  valueOf(): string {
    return this.#text;
  }

  toJSON(): unknown {
    return json.rawJSON(this.#text);
  }

  /** The same value as a JavaScript number; the object itself if no number represents it exactly. */
  plain(): number | ExactNumber {
    const value = Number(this.#text);
    return isExactly(this.#text, value) ? value : this;
  }

  /** @throws {RangeError} If arithmetic would use a rounded number. */
  [Symbol.toPrimitive](hint: string): string | number {
    if (hint !== 'number') return this.#text;
    const plain = this.plain();
    if (typeof plain === 'number') return plain;
    throw new RangeError(
      'This number has more digits than a JavaScript number: convert it with String() or BigInt()',
    );
  }
}

/**
 * Which numbers become an `ExactNumber`: `digits`, all that JavaScript writes differently; `value`, only those it
 * rounds.
 */
export type Exactness = 'digits' | 'value';

/** Whether JavaScript may write a number of this JSON text differently. */
export function mayChange(text: string): boolean {
  return quickCheck.test(text) && mayChangeNumber.test(text);
}

/** A faster pre-check, which every such number matches: most texts do not, and are done in a third of the time. */
const quickCheck = /\d[.eE]|-0|\d{16}/;

/**
 * A number that may be written differently: -0, one with 16 digits, with a trailing zero, with many leading zeros, or
 * with an exponent. A false match within a string only costs time. Regular expressions, because a rarely called loop
 * over a long text is not optimised by the engine, and takes longer.
 */
const mayChangeNumber =
  /(?:^|[:,[])\s*-?(?:[\d.]{16}|0\.0{6}|\d+\.\d*0(?!\d)|\d+(?:\.\d+)?[eE]|(?<=-)0(?![.\d]))/;

/** @param text In JSON or GraphQL syntax. */
export function numberOf(text: string, exactness: Exactness): number | ExactNumber {
  if (exactness === 'digits' && hasTrailingZero(text)) return new ExactNumber(text);
  const value = Number(text);
  if (text === String(value) || (exactness === 'value' && isExactly(text, value))) return value;
  return new ExactNumber(text);
}

/** A fraction with a trailing zero, or -0: JavaScript writes both differently. */
function hasTrailingZero(text: string): boolean {
  if (!text.endsWith('0')) return false;
  return text === '-0' || (text.includes('.') && !exponent.test(text));
}

const exponent = /[eE]/;

/**
 * Whether a number in this text may lose digits. Numbers of up to 15 digits do not, so that it is enough to check every
 * 16th byte. Exponents, which may exceed the range of a double, are not considered.
 */
export function mayHaveLongNumber(text: Uint8Array): boolean {
  const { length } = text;
  for (let at = runMax; at < length; at += runMax + 1) {
    if (isNumberByte(text[at] as number) && runAround(text, at) > runMax) return true;
  }
  return false;
}

/** The longest run of digits and points that never loses digits. */
const runMax = 15;

function runAround(text: Uint8Array, at: number): number {
  let start = at;
  let end = at + 1;
  while (start > 0 && isNumberByte(text[start - 1] as number)) start -= 1;
  while (end < text.length && isNumberByte(text[end] as number)) end += 1;
  return end - start;
}

/** A digit or a point, or the slash between them in ASCII: one comparison, in a loop over every response. */
function isNumberByte(byte: number): boolean {
  return (byte - 0x2e) >>> 0 < 12;
}

/** The message for a number beyond the range of a float. */
export const tooLarge = 'expected a number below 1.8e308.';

/** Whether this is a float beyond the range of a double: most services would read it as infinity. */
export function isTooLarge(text: string): boolean {
  const mayExceed = text.length > digitsMax || exponent.test(text);
  return mayExceed && !Number.isFinite(Number(text)) && /[.eE]/.test(text);
}

/** Integers of up to so many digits are within the range of a double, if rounded. */
const digitsMax = 308;

/** Whether `value`, written in decimal, equals the number in `text`, in whatever notation. */
function isExactly(text: string, value: number): boolean {
  if (!Number.isFinite(value)) return false;
  if (value === 0) return zero.test(text);
  // A fast path: doubles represent numbers of so few digits without loss.
  if (text.length <= runMax && Math.abs(value) > fullPrecisionMin) return true;
  return canonical(text) === canonical(String(value));
}

const zero = /^-?[0.]+(?:[eE]|$)/;
/** Smaller doubles have fewer digits. */
const fullPrecisionMin = 1e-290;

/** Equal for equal numbers: the digits without leading and trailing zeros, and the power of ten. */
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
