/**
 * The text of an API key, which says by itself that it is one, and whether it was copied whole:
 *
 *     trib_  4kT0bZr81Qxa  _  <43 letters and digits>  <6 of a checksum>
 *     start  id, public       secret, 256 bits         CRC-32 of all before it
 *
 * A scanner finds keys by `trib_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}`, and the checksum tells them from what only looks like one.
 */

import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const form = /^trib_([0-9A-Za-z]{12})_[0-9A-Za-z]{43}([0-9A-Za-z]{6})$/;
const idForm = /^(?:trib_)?([0-9A-Za-z]{12})$/;
const checksumLength = 6;
export const keyTextLength = 67;

/** @param randomBytes Unpredictable ones. */
export function newKeyText(randomBytes: (count: number) => Uint8Array): string {
  const body = `trib_${randomText(12, randomBytes)}_${randomText(43, randomBytes)}`;
  return body + checksumOf(body);
}

/** @returns The id of what has the form of a key, checksum and all; undefined for anything else. */
export function keyIdOf(text: string): string | undefined {
  // Before anything whose cost depends on the length.
  if (text.length !== keyTextLength) return undefined;
  const [, id, checksum] = form.exec(text) ?? [];
  return checksum === checksumOf(text.slice(0, -checksumLength)) ? id : undefined;
}

/** For people: an id, with or without the start of a key, or a whole key. */
export function idMeantBy(text: string): string | undefined {
  return idForm.exec(text)?.[1] ?? keyIdOf(text);
}

export function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

function checksumOf(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let place = 0; place < checksumLength; place += 1) {
    text = digits.charAt(rest % digits.length) + text;
    rest = Math.floor(rest / digits.length);
  }
  return text;
}

function randomText(length: number, randomBytes: (count: number) => Uint8Array): string {
  // Bytes from here on would make some digits likelier than others.
  const limit = 256 - (256 % digits.length);
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < limit && text.length < length) text += digits.charAt(byte % digits.length);
    }
  }
  return text;
}
