/**
 * Finds the ends of GraphQL comments, numbers and strings exactly as graphql-js does, without building their values.
 *
 * Each function reads every character once (those of an escape sequence at most twice).
 *
 * @see https://spec.graphql.org/draft/#sec-Appendix-Grammar-Summary.Lexical-Tokens
 */

/** Instead of an offset: a syntax error in graphql-js. */
export const unreadable = -1;

const quote = 0x22;
const backslash = 0x5c;
const newline = 0x0a;
const carriageReturn = 0x0d;

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

export function isNameStart(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f;
}

/** UTF-16 units of the character at `at`; 0 for an unpaired surrogate, which no source text may contain. */
export function unitsAt(text: string, at: number, code: number): 0 | 1 | 2 {
  if (code < 0xd800 || code > 0xdfff) return 1;
  if (code > 0xdbff) return 0;
  const next = text.charCodeAt(at + 1);
  return next >= 0xdc00 && next <= 0xdfff ? 2 : 0;
}

/** @param start Of the `#`. Never fails: a comment ends before a character that it may not contain. */
export function commentEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === newline || code === carriageReturn) break;
    const units = unitsAt(text, at, code);
    if (units === 0) break;
    at += units;
  }
  return at;
}

/** @param start Of the `-` or the first digit. */
export function numberEnd(text: string, start: number): number {
  let at = text.charCodeAt(start) === 0x2d ? start + 1 : start;
  if (text.charCodeAt(at) === 0x30) {
    at += 1;
    if (isDigit(text.charCodeAt(at))) return unreadable;
  } else {
    at = digitsEnd(text, at);
  }
  if (at !== unreadable && text.charCodeAt(at) === 0x2e) at = digitsEnd(text, at + 1);
  if (at !== unreadable && (text.charCodeAt(at) | 0x20) === 0x65) {
    const sign = text.charCodeAt(at + 1);
    at = digitsEnd(text, sign === 0x2b || sign === 0x2d ? at + 2 : at + 1);
  }
  if (at === unreadable) return unreadable;
  const next = text.charCodeAt(at);
  return next === 0x2e || isNameStart(next) ? unreadable : at;
}

/** Expects at least one digit. */
function digitsEnd(text: string, start: number): number {
  let at = start;
  while (isDigit(text.charCodeAt(at))) at += 1;
  return at === start ? unreadable : at;
}

/** @param start Of the first quote. */
export function stringEnd(text: string, start: number): number {
  if (text.charCodeAt(start + 1) === quote && text.charCodeAt(start + 2) === quote) {
    return blockStringEnd(text, start);
  }
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code === newline || code === carriageReturn) return unreadable;
    const units = code === backslash ? escapeUnits(text, at) : unitsAt(text, at, code);
    if (units === 0) return unreadable;
    at += units;
  }
  return unreadable;
}

function blockStringEnd(text: string, start: number): number {
  let at = start + 3;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === quote && isQuotePairAt(text, at + 1)) return at + 3;
    if (code === backslash && text.charCodeAt(at + 1) === quote && isQuotePairAt(text, at + 2)) {
      at += 4;
      continue;
    }
    const units = unitsAt(text, at, code);
    if (units === 0) return unreadable;
    at += units;
  }
  return unreadable;
}

function isQuotePairAt(text: string, at: number): boolean {
  return text.charCodeAt(at) === quote && text.charCodeAt(at + 1) === quote;
}

/** @param at Of the backslash. @returns 0 for an invalid escape sequence. */
function escapeUnits(text: string, at: number): number {
  switch (text.charCodeAt(at + 1)) {
    case 0x22: // "
    case 0x2f: // /
    case 0x5c: // \
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return 2;
    case 0x75: // u
      return text.charCodeAt(at + 2) === 0x7b ? bracedEscapeUnits(text, at) : plainEscapeUnits(text, at);
    default:
      return 0;
  }
}

/** `\u{...}` with 1 to 8 digits. */
function bracedEscapeUnits(text: string, at: number): number {
  let point = 0;
  for (let digits = 0; digits <= 8; digits += 1) {
    const code = text.charCodeAt(at + 3 + digits);
    if (code === 0x7d) return digits > 0 && isScalarValue(point) ? digits + 4 : 0;
    const value = hexValue(code);
    if (value < 0) return 0;
    point = point * 16 + value;
  }
  return 0;
}

/** `\uXXXX`, or two of them that form a surrogate pair. */
function plainEscapeUnits(text: string, at: number): number {
  const unit = unitEscapedAt(text, at);
  if (unit < 0 || isScalarValue(unit)) return unit < 0 ? 0 : 6;
  if (unit > 0xdbff || text.charCodeAt(at + 6) !== backslash || text.charCodeAt(at + 7) !== 0x75) return 0;
  const trailing = unitEscapedAt(text, at + 6);
  return trailing >= 0xdc00 && trailing <= 0xdfff ? 12 : 0;
}

function unitEscapedAt(text: string, at: number): number {
  let unit = 0;
  for (let i = at + 2; i < at + 6; i += 1) {
    const value = hexValue(text.charCodeAt(i));
    if (value < 0) return -1;
    unit = unit * 16 + value;
  }
  return unit;
}

function isScalarValue(point: number): boolean {
  return point < 0xd800 || (point > 0xdfff && point <= 0x10ffff);
}

function hexValue(code: number): number {
  if (isDigit(code)) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
