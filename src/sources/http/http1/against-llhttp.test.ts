/**
 * Random answers, whole and spoiled, read by us and by the parser of Node's own client: what that one refuses or reads in
 * another way is no answer to us.
 */

import fc from 'fast-check';
import { expect, it } from 'vitest';

import { readByLlhttp } from '../../../../test/sources/support/llhttp.ts';
import { readAnswer } from '../../../../test/sources/support/read-answer.ts';

const isNightly = process.env['TRIBUTARY_NIGHTLY'] === '1';
const runs = { numRuns: isNightly ? 200_000 : 4000 };
const timeout = isNightly ? 900_000 : 60_000;

const place = fc.integer({ min: 0, max: 999 }).map((parts) => parts / 1000);
const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
const fieldValue = fc.stringMatching(
  /^(?:[!-~\u0080-\u00ff](?:[\t -~\u0080-\u00ff]{0,12}[!-~\u0080-\u00ff])?)?$/,
);
/** Names that say how a body ends would not fit its real one. */
const framingNames = new Set(['content-length', 'transfer-encoding', 'connection', 'upgrade']);
const field = fc
  .tuple(token, fc.constantFrom(':', ': ', ':\t', ':  '), fieldValue, fc.constantFrom('', ' ', '\t'))
  .filter(([name]) => !framingNames.has(name.toLowerCase()))
  .map((parts) => parts.join(''));
const data = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const extension = fc.constantFrom('', ';a', ';a=b', ';a="b"');

const inChunks = (parts: readonly string[], extensions: string, trailers: readonly string[]): string =>
  [...parts.filter((part) => part !== ''), '']
    .map((part) => `${part.length.toString(16)}${extensions}\r\n${part}${part === '' ? '' : '\r\n'}`)
    .join('') +
  trailers.map((line) => `${line}\r\n`).join('') +
  '\r\n';

const body = fc.oneof(
  data.map((text): readonly [string[], string] => [[`Content-Length: ${text.length}`], text]),
  fc
    .tuple(fc.array(data, { maxLength: 4 }), extension, fc.array(field, { maxLength: 2 }))
    .map(([parts, ...rest]): readonly [string[], string] => [
      ['Transfer-Encoding: chunked'],
      inChunks(parts, ...rest),
    ]),
  data.map((text): readonly [string[], string] => [[], text]),
);

const whole = fc
  .record({
    hints: fc.array(
      fc.constantFrom('HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'),
      { maxLength: 2 },
    ),
    version: fc.constantFrom('1.1', '1.1', '1.1', '1.0'),
    status: fc.constantFrom(200, 200, 200, 201, 204, 304, 404, 500, 599),
    reason: fc.constantFrom(' OK', '', ' ', ' Not so \u00fc'),
    connection: fc.constantFrom(
      [],
      [],
      ['Connection: close'],
      ['connection: keep-alive'],
      ['connection: x, close'],
    ),
    fields: fc.array(field, { maxLength: 5 }),
    framed: body,
    after: fc.constantFrom('', '', 'x', '\r\n', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
  })
  .map(({ hints, version, status, reason, connection, fields, framed: [framing, text], after }) => {
    const lines = [`HTTP/${version} ${status}${reason}`, ...connection, ...fields, ...framing, '', ''];
    return hints.join('') + lines.join('\r\n') + text + after;
  });

/** What confuses parsers, put anywhere. */
const spoils = [
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  '\0',
  ':',
  ',',
  ';',
  '0',
  '1',
  'a',
  'f',
  '-',
  '+',
  '\u007f',
  '\u00ff',
  'chunked',
  '\r\n\r\n',
  'Content-Length: 3\r\n',
  'content-length: 0\r\n',
  'Transfer-Encoding: chunked\r\n',
  'transfer-encoding: identity\r\n',
  '0\r\n\r\n',
  '5\r\n',
  'HTTP/1.1 200 OK\r\n',
];

interface Spoil {
  readonly at: number;
  readonly cut: number;
  readonly put: string;
}
const spoil = fc.record({
  at: place,
  cut: fc.integer({ min: 0, max: 3 }),
  put: fc.constantFrom('', ...spoils),
});

const spoiled = (text: string, { at, cut, put }: Spoil): string => {
  const start = Math.floor(at * text.length);
  return text.slice(0, start) + put + text.slice(start + cut);
};

function check(text: string, cutAt: number): boolean {
  const all = Buffer.from(text, 'latin1');
  const at = Math.floor(cutAt * all.length);
  const pieces = [all.subarray(0, at), all.subarray(at)];
  const ours = readAnswer(pieces);
  const inOnePiece = readAnswer([all]);
  expect(ours.error === undefined).toBe(inOnePiece.error === undefined);
  if (ours.error !== undefined) return false;
  const theirs = readByLlhttp([all]);
  expect({
    text,
    status: ours.status,
    body: ours.body,
    headers: new Map(Object.entries(ours.headers)),
  }).toEqual({ text, ...theirs });
  expect({ ...inOnePiece }).toEqual({ ...ours });
  return true;
}

it('answers as they are sent are read, and like there', { timeout }, () => {
  fc.assert(
    fc.property(whole, place, (text, cutAt) => {
      // Chunks are none of HTTP/1.0, and refused there.
      const isOdd = text.includes('HTTP/1.0') && text.includes('Transfer-Encoding: chunked');
      expect(check(text, cutAt)).toBe(!isOdd);
    }),
    runs,
  );
});

it('spoiled answers are refused, or read like there', { timeout }, () => {
  let accepted = 0;
  fc.assert(
    fc.property(whole, fc.array(spoil, { minLength: 1, maxLength: 3 }), place, (text, spoilsOfIt, cutAt) => {
      if (check(spoilsOfIt.reduce(spoiled, text), cutAt)) accepted += 1;
    }),
    runs,
  );
  // Else it would say nothing of what is accepted.
  expect(accepted).toBeGreaterThan(100);
});
