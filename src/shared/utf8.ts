/** Strict decoding of UTF-8. */

import { isUtf8 } from 'node:buffer';

/**
 * Decodes UTF-8 without replacing invalid bytes by U+FFFD, which would change the value.
 *
 * @returns The text, without a byte order mark.
 * @throws {TypeError} If the bytes are not UTF-8.
 */
export function utf8Text(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new TypeError('the bytes are not UTF-8');
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', hasMark ? 3 : 0);
}
