import { expect, it } from 'vitest';

import { utf8Text } from './utf8.ts';

it.each([
  ['nothing', '', ''],
  ['text of every length of character', 'aä€😀\ufffd', 'aä€😀\ufffd'],
  ['a byte order mark', '\ufeff{}', '{}'],
  ['two byte order marks', '\ufeff\ufeff', '\ufeff'],
])('reads %s', (_what, text, expected) => {
  expect(utf8Text(Buffer.from(text))).toBe(expected);
});

it.each([
  ['latin-1', Buffer.from('Zürich', 'latin1')],
  ['a character that is cut', Buffer.from('€').subarray(0, 2)],
  ['a surrogate', Buffer.from([0xed, 0xa0, 0x80])],
  ['an overlong character', Buffer.from([0xc0, 0xaf])],
  ['UTF-16', Buffer.from('\ufeffa', 'utf16le')],
])('refuses %s', (_what, bytes) => {
  expect(() => utf8Text(bytes)).toThrow(TypeError);
});
