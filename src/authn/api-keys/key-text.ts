/**
 * The text format of an API key, recognizable and with a checksum that detects truncated copies:
 *
 *     trib_   4kT0bZr81Qxa  _  <43 letters and digits>  <6 of a checksum>
 *     prefix  public id        secret, 256 bits         CRC-32 of all before it
 *
 * Secret scanners find keys by `trib_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}`; the checksum rules out false positives.
 */

import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const keyPattern = /^trib_([0-9A-Za-z]{12})_[0-9A-Za-z]{43}([0-9A-Za-z]{6})$/;
const idPattern = /^(?:trib_)?([0-9A-Za-z]{12})$/;
const checksumLength = 6;
export const keyTextLength = 67;

/** @param randomBytes Must be cryptographically secure. */
export function newKeyText(randomBytes: (count: number) => Uint8Array): string {
  const body = `trib_${randomText(12, randomBytes)}_${randomText(43, randomBytes)}`;
  return body + checksumOf(body);
}

/** @returns The id in a well-formed key with a valid checksum; undefined for any other text. */
export function keyIdOf(text: string): string | undefined {
  // First, because the cost of the other checks depends on the length.
  if (text.length !== keyTextLength) return undefined;
  const [, id, checksum] = keyPattern.exec(text) ?? [];
  return checksum === checksumOf(text.slice(0, -checksumLength)) ? id : undefined;
}

/** The id in what an operator typed: an id, with or without the prefix, or a whole key. */
export function idFromInput(text: string): string | undefined {
  return idPattern.exec(text)?.[1] ?? keyIdOf(text);
}

export function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

function checksumOf(body: string): string {
  let remainder = crc32(body);
  let text = '';
  for (let i = 0; i < checksumLength; i += 1) {
    text = digits.charAt(remainder % digits.length) + text;
    remainder = Math.floor(remainder / digits.length);
  }
  return text;
}

function randomText(length: number, randomBytes: (count: number) => Uint8Array): string {
  // Larger bytes would make some digits likelier than others.
  const limit = 256 - (256 % digits.length);
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < limit && text.length < length) text += digits.charAt(byte % digits.length);
    }
  }
  return text;
}
