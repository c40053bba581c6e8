/**
 * Reads and writes JSON without losing digits of numbers. `JSON.parse` with source text access takes twenty times as
 * long, which a client could exploit; this takes two to four times as long.
 */

import { ExactNumber, mayChange, numberOf, type Exactness } from './exact-number.ts';

/**
 * Like `JSON.parse`; `exactness` selects which numbers become an `ExactNumber`.
 *
 * @throws {SyntaxError}
 * @throws {RangeError} If values are nested many thousand levels deep.
 */
export function parseExactJson(text: string, exactness: Exactness): unknown {
  // Throws for invalid JSON, so that the reader need not validate.
  JSON.parse(text);
  return new Reader(text, exactness).value();
}

/**
 * Like `JSON.parse`, with an `ExactNumber` for every number that JavaScript would write differently.
 *
 * @throws {SyntaxError}
 */
export function parseJson(text: string): unknown {
  return mayChange(text) ? parseExactJson(text, 'digits') : JSON.parse(text);
}

/**
 * Like `JSON.stringify`, for JSON values that are not nested too deeply for recursion. `JSON.stringify` takes five
 * times as long, because it calls `toJSON` for each `ExactNumber`.
 */
export function jsonText(value: unknown): string {
  return holdsExact(value) ? exactText(value) : JSON.stringify(value);
}

function holdsExact(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof ExactNumber) return true;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) if (holdsExact(value[i])) return true;
    return false;
  }
  for (const name in value) if (holdsExact((value as Record<string, unknown>)[name])) return true;
  return false;
}

function exactText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (value instanceof ExactNumber) return value.toString();
  let text = '';
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) text += (i === 0 ? '' : ',') + exactText(value[i]);
    return `[${text}]`;
  }
  for (const name in value) {
    const member = (value as Record<string, unknown>)[name];
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${exactText(member)}`;
  }
  return `{${text}}`;
}

const quote = 0x22;
const comma = 0x2c;
const backslash = '\\';

/** Parses a text that is valid JSON. */
class Reader {
  readonly #text: string;
  readonly #exactness: Exactness;
  #at = 0;

  constructor(text: string, exactness: Exactness) {
    this.#text = text;
    this.#exactness = exactness;
  }

  value(): unknown {
    switch (this.#next()) {
      case quote:
        return this.#string();
      case 0x7b: // {
        return this.#object();
      case 0x5b: // [
        return this.#list();
      case 0x74: // true
        this.#at += 4;
        return true;
      case 0x66: // false
        this.#at += 5;
        return false;
      case 0x6e: // null
        this.#at += 4;
        return null;
      default:
        return this.#number();
    }
  }

  /** Skips whitespace. @returns The code of the next character. */
  #next(): number {
    let code = this.#text.charCodeAt(this.#at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      this.#at += 1;
      code = this.#text.charCodeAt(this.#at);
    }
    return code;
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#at += 1;
    while (this.#next() === quote) {
      const name = this.#string();
      this.#next();
      this.#at += 1; // :
      const value = this.value();
      if (name === '__proto__') {
        Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
      } else {
        object[name] = value;
      }
      if (this.#next() === comma) this.#at += 1;
    }
    this.#at += 1; // }
    return object;
  }

  #list(): unknown[] {
    const list: unknown[] = [];
    this.#at += 1;
    while (this.#next() !== 0x5d) {
      list.push(this.value());
      if (this.#next() === comma) this.#at += 1;
    }
    this.#at += 1; // ]
    return list;
  }

  #string(): string {
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    let inner = this.#text.slice(start + 1, end);
    if (!inner.includes(backslash)) {
      this.#at = end + 1;
      return inner;
    }
    while (this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    this.#at = end + 1;
    inner = this.#text.slice(start, this.#at);
    return JSON.parse(inner) as string;
  }

  /** Whether the quote is part of the string: it follows an odd number of backslashes. */
  #isEscaped(at: number): boolean {
    let before = at - 1;
    while (this.#text[before] === backslash) before -= 1;
    return (at - before) % 2 === 0;
  }

  #number(): number | ExactNumber {
    const start = this.#at;
    let end = start + 1;
    let isPlain = true;
    for (; ; end += 1) {
      const code = this.#text.charCodeAt(end);
      if (code >= 0x30 && code <= 0x39) continue;
      // . + - e E
      if (code !== 0x2e && code !== 0x2b && code !== 0x2d && (code | 0x20) !== 0x65) break;
      isPlain = false;
    }
    this.#at = end;
    const text = this.#text.slice(start, end);
    // Most are integers that a double represents exactly.
    return isPlain && end - start < 16 && text !== '-0' ? Number(text) : numberOf(text, this.#exactness);
  }
}
