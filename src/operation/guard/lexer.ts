/**
 * Splits a document into tokens where graphql-js would, and stops where it would refuse to go on.
 *
 * Keeps no token: whoever reads looks at `start` and `end` before asking for the next one. Comments, which graphql-js
 * keeps in memory although they mean nothing, are counted.
 */

import { commentEnd, isDigit, isNameStart, numberEnd, stringEnd, unreadable } from './literals.ts';

/** What `next` may return besides a punctuator, which is its own character code. */
export const tokens = { end: 0, unreadable: 1, name: 2, number: 3, string: 4, spread: 5 } as const;

const firstCodes = classesOfFirstCodes();
const nameCodes = classesOfNameCodes();

export class Lexer {
  /** Of the token returned last. */
  start = 0;
  end = 0;
  /** In UTF-8, so far. */
  ignoredBytes = 0;
  comments = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** One of `tokens`, or the code of the punctuator. Stays at `end` and at `unreadable`. */
  next(): number {
    const start = this.#skipIgnored();
    this.start = start;
    this.end = start;
    if (start >= this.#text.length) return tokens.end;
    const code = this.#text.charCodeAt(start);
    const kind = code < 128 ? (firstCodes[code] as number) : tokens.unreadable;
    if (kind > tokens.spread) this.end = start + 1;
    else if (kind === tokens.name) this.end = this.#nameEnd(start);
    else return this.#long(kind, start);
    return kind;
  }

  /** The text of the token returned last. */
  text(): string {
    return this.#text.slice(this.start, this.end);
  }

  /** Whether the token returned last is this name. */
  is(name: string): boolean {
    return this.end - this.start === name.length && this.text() === name;
  }

  #long(kind: number, start: number): number {
    const end = this.#longEnd(kind, start);
    if (end === unreadable) return tokens.unreadable;
    this.end = end;
    return kind;
  }

  #longEnd(kind: number, start: number): number {
    const text = this.#text;
    if (kind === tokens.string) return stringEnd(text, start);
    if (kind === tokens.number) return numberEnd(text, start);
    if (kind !== tokens.spread) return unreadable;
    return text.charCodeAt(start + 1) === 0x2e && text.charCodeAt(start + 2) === 0x2e
      ? start + 3
      : unreadable;
  }

  #nameEnd(start: number): number {
    const text = this.#text;
    const { length } = text;
    let at = start + 1;
    while (at < length && nameCodes[text.charCodeAt(at)] === 1) at += 1;
    return at;
  }

  #skipIgnored(): number {
    const text = this.#text;
    const { length } = text;
    let at = this.end;
    while (at < length) {
      const code = text.charCodeAt(at);
      if (code === 0x20 || code === 0x0a || code === 0x2c || code === 0x0d || code === 0x09) {
        at += 1;
      } else if (code === 0xfeff) {
        at += 1;
        this.ignoredBytes += 2;
      } else if (code === 0x23) {
        const end = commentEnd(text, at);
        this.ignoredBytes += utf8Bytes(text, at, end) - (end - at);
        this.comments += 1;
        at = end;
      } else break;
    }
    this.ignoredBytes += at - this.end;
    return at;
  }
}

/** How many bytes the UTF-16 units from `start` to `end` take in UTF-8; half a surrogate pair takes 3. */
export function utf8Bytes(text: string, start: number, end: number): number {
  let bytes = 0;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else if (code >= 0xd800 && code <= 0xdbff && isTrailingSurrogate(text, at + 1, end)) {
      bytes += 4;
      at += 1;
    } else bytes += 3;
  }
  return bytes;
}

function isTrailingSurrogate(text: string, at: number, end: number): boolean {
  if (at >= end) return false;
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff;
}

/** What the first character of a token says about it. */
function classesOfFirstCodes(): Uint8Array {
  const classes = new Uint8Array(128).fill(tokens.unreadable);
  for (const punctuator of '!$&():=@[]{|}') classes[punctuator.charCodeAt(0)] = punctuator.charCodeAt(0);
  for (let code = 0; code < 128; code += 1) {
    if (isNameStart(code)) classes[code] = tokens.name;
    if (isDigit(code) || code === 0x2d) classes[code] = tokens.number;
  }
  classes[0x22] = tokens.string;
  classes[0x2e] = tokens.spread;
  return classes;
}

/** 1 for what may follow the first character of a name. A code outside of the table reads as undefined. */
function classesOfNameCodes(): Uint8Array {
  return Uint8Array.from({ length: 128 }, (_, code) => (isNameStart(code) || isDigit(code) ? 1 : 0));
}
