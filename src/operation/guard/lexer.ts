/**
 * Splits a document into the same tokens as graphql-js, and stops where graphql-js reports a syntax error.
 *
 * Creates no token objects: `start` and `end` describe the current token. Comments are counted, because graphql-js keeps
 * a token in memory for each.
 */

import { commentEnd, isDigit, isNameStart, numberEnd, stringEnd, unreadable } from './literals.ts';

/** What `next` returns. A punctuator is its own character code instead. */
export const tokens = { end: 0, unreadable: 1, name: 2, number: 3, string: 4, spread: 5 } as const;

const firstCodes = classesOfFirstCodes();
const nameCodes = classesOfNameCodes();

export class Lexer {
  /** Offset of the current token. */
  start = 0;
  end = 0;
  /** Whitespace, commas and comments so far, in UTF-8. */
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
    else return this.#longToken(kind, start);
    return kind;
  }

  /** The text of the current token. */
  text(): string {
    return this.#text.slice(this.start, this.end);
  }

  /** Whether the current token is this name. */
  is(name: string): boolean {
    return this.end - this.start === name.length && this.text() === name;
  }

  #longToken(kind: number, start: number): number {
    const end = this.#longTokenEnd(kind, start);
    if (end === unreadable) return tokens.unreadable;
    this.end = end;
    return kind;
  }

  #longTokenEnd(kind: number, start: number): number {
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

/** UTF-8 length of the UTF-16 units from `start` to `end`; an unpaired surrogate counts 3. */
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

/** The kind of a token by its first character. */
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

/** 1 for characters that may follow the first one of a name. A code outside of the table reads as undefined. */
function classesOfNameCodes(): Uint8Array {
  return Uint8Array.from({ length: 128 }, (_, code) => (isNameStart(code) || isDigit(code) ? 1 : 0));
}
