/**
 * Reads and writes JSON whose numbers keep their digits. `JSON.parse` can tell the source text of each number as well, but takes
 * twenty times as long then, which a client could make it do; this takes two to four times as long.
 */

import { ExactNumber, mayChange, numberOf, type Exactness } from './exact-number.ts';

/**
 * As `JSON.parse`; `exactness` says which numbers become an `ExactNumber`.
 *
 * @throws {SyntaxError}
 * @throws {RangeError} For what is nested many thousand levels deep.
 */
export function parseExactJson(text: string, exactness: Exactness): unknown {
  // It refuses what is no JSON, so that the reader need not.
  JSON.parse(text);
  return new Reader(text, exactness).value();
}

/**
 * As `JSON.parse`, with every number that JavaScript would write differently as an `ExactNumber`. For texts of any size
 * that are looked through as a whole.
 *
 * @throws {SyntaxError}
 */
export function parseJson(text: string): unknown {
  return mayChange(text) ? parseExactJson(text, 'digits') : JSON.parse(text);
}

/**
 * As `JSON.stringify`, for values of JSON that are not nested too deeply for recursion. That one calls a function for
 * each `ExactNumber` and has what it returns checked, which takes five times as long.
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

/** Of a text that is JSON. */
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

  /** Skips space. @returns The code of the character that is next. */
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

  /** Whether the quote is part of the string: an odd number of backslashes stands before it. */
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
    // Most are whole numbers that no double could lose.
    return isPlain && end - start < 16 && text !== '-0' ? Number(text) : numberOf(text, this.#exactness);
  }
}
