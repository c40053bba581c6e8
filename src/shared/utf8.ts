/** Text of bytes that came from outside. */

import { isUtf8 } from 'node:buffer';

/**
 * Decodes UTF-8 without repairing it: U+FFFD in place of what does not decode would be another value than was sent.
 *
 * @returns The text, without a byte order mark.
 * @throws {TypeError} Where the bytes are not UTF-8.
 */
export function utf8Text(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new TypeError('the bytes are not UTF-8');
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', hasMark ? 3 : 0);
}
