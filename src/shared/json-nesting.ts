/** How deep JSON may be nested that others send: to parse it takes a microsecond a level, and much of the stack. */

/** A body needs a byte for each level: shorter ones need not be looked at. */
export const nestingMax = 200_000;

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Whether lists and objects are nested deeper than `nestingMax`. What is no JSON may be called either.
 *
 * @param text The same as `body`.
 */
export function isNestedTooDeep(body: Uint8Array, text: string): boolean {
  if (body.length <= nestingMax || !hasMoreOpeners(text)) return false;
  let depth = 0;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at];
    if (byte === quote) at = endOfString(body, at);
    else if (byte === openBracket || byte === openBrace) {
      depth += 1;
      if (depth > nestingMax) return true;
    } else if (byte === closeBracket || byte === closeBrace) depth -= 1;
  }
  return false;
}

/** Whether more lists and objects begin than may be nested: an eighth of the time of the exact look, which few then need. */
function hasMoreOpeners(text: string): boolean {
  const lists = occurrences(text, '[');
  return lists > nestingMax || lists + occurrences(text, '{') > nestingMax;
}

/** Up to one more than `nestingMax`. */
function occurrences(text: string, character: string): number {
  let count = 0;
  let at = text.indexOf(character);
  while (at >= 0 && count <= nestingMax) {
    count += 1;
    at = text.indexOf(character, at + 1);
  }
  return count;
}

/** @param start Of its quote. @returns The place of the other one, or the end of the body. */
function endOfString(body: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < body.length && body[at] !== quote) at += body[at] === backslash ? 2 : 1;
  return at;
}
