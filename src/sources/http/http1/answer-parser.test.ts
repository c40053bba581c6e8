/** Answers as they are read: in one piece, in two pieces cut anywhere, and byte by byte, with the same result. */

import { describe, expect, it } from 'vitest';

import { headBytesMax } from './head-lines.ts';
import { readAnswer, type ReadAnswer } from '../../../../test/sources/support/read-answer.ts';

const ok = 'HTTP/1.1 200 OK\r\n';
const chunked = `${ok}transfer-encoding: chunked\r\n\r\n`;

interface Expected {
  readonly status?: number;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string;
  readonly isReusable?: boolean;
  readonly hints?: readonly number[];
}

const read: Readonly<Record<string, readonly [string, Expected]>> = {
  'a body with its length': [`${ok}content-length: 5\r\n\r\nhello`, { body: 'hello' }],
  'an empty body': [`${ok}content-length: 0\r\n\r\n`, {}],
  'a body in chunks': [`${chunked}5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`, { body: 'hello world' }],
  'chunk sizes in hexadecimal': [
    `${chunked}0A\r\n0123456789\r\n00b\r\n0123456789a\r\n0\r\n\r\n`,
    { body: '01234567890123456789a' },
  ],
  'chunk extensions': [`${chunked}1;a=b\r\nx\r\n1;q="s; t"\r\ny\r\n0;last\r\n\r\n`, { body: 'xy' }],
  'data that looks like chunks': [`${chunked}8\r\n0\r\n\r\n5\r\n\r\n0\r\n\r\n`, { body: '0\r\n\r\n5\r\n' }],
  trailers: [`${chunked}1\r\nx\r\n0\r\nchecksum: 1\r\nx: 9\r\n\r\n`, { body: 'x' }],
  'a coding in capitals': [
    `${ok}Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n`,
    { headers: { 'transfer-encoding': 'Chunked' } },
  ],
  'names in lower case, values as they are': [
    `${ok}X-A: B c\t\r\nContent-Length:0\r\n\r\n`,
    { headers: { 'x-a': 'B c', 'content-length': '0' } },
  ],
  'repeated names': [
    `${ok}a: 1\r\nset-cookie: x\r\nA: 2\r\na: 3\r\ncontent-length: 0\r\n\r\n`,
    { headers: { a: ['1', '2', '3'], 'set-cookie': 'x', 'content-length': '0' } },
  ],
  'names of what objects inherit': [
    `${ok}__proto__: 1\r\nconstructor: 2\r\ncontent-length: 0\r\n\r\n`,
    { headers: { ['__proto__']: '1', constructor: '2', 'content-length': '0' } },
  ],
  'values in Latin-1': [
    `${ok}x: gr\u00fcn\u00a0 \r\ncontent-length: 0\r\n\r\n`,
    { headers: { x: 'gr\u00fcn\u00a0', 'content-length': '0' } },
  ],
  'no reason': ['HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n', {}],
  'an empty reason and an empty value': [
    'HTTP/1.1 200 \r\nx:\r\ncontent-length: 0\r\n\r\n',
    { headers: { x: '', 'content-length': '0' } },
  ],
  'an answer that closes': [
    `${ok}connection: close\r\ncontent-length: 1\r\n\r\nx`,
    { body: 'x', isReusable: false },
  ],
  'one that closes among other options': [
    `${ok}connection: x, CLOSE\r\ncontent-length: 0\r\n\r\n`,
    { isReusable: false },
  ],
  'HTTP/1.0': ['HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx', { body: 'x', isReusable: false }],
  'HTTP/1.0 that stays': [
    'HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 1\r\n\r\nx',
    { body: 'x' },
  ],
  'a body until the connection ends': [
    `${ok}\r\nall of this\r\n\r\n`,
    { body: 'all of this\r\n\r\n', isReusable: false },
  ],
  '204': ['HTTP/1.1 204 No Content\r\n\r\n', { status: 204 }],
  '304 with the length of what it stands for': [
    'HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n',
    { status: 304, isReusable: false },
  ],
  '204 with a coding': [
    'HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n',
    { status: 204, isReusable: false },
  ],
  'answers before the answer': [
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 1\r\n\r\nx',
    { status: 201, body: 'x', hints: [100, 103] },
  ],
  'more than announced': [`${ok}content-length: 1\r\n\r\nxy`, { body: 'x', isReusable: false }],
  'another answer after the last chunk': [
    `${chunked}1\r\nx\r\n0\r\n\r\n${ok}content-length: 0\r\n\r\n`,
    { body: 'x', isReusable: false },
  ],
  'another answer after one without a body': [
    `HTTP/1.1 204 No Content\r\n\r\n${ok}content-length: 0\r\n\r\n`,
    { status: 204, isReusable: false },
  ],
};

const lengths = (...values: string[]): string =>
  `${ok}${values.map((value) => `content-length:${value}\r\n`).join('')}\r\nabcdefghij`;

/** What two programs could read in two ways, or what is no HTTP at all. */
const refused: Readonly<Record<string, string>> = {
  'another protocol': 'SSH-2.0-OpenSSH_9.9\r\n',
  'another protocol without a line end': '\u0016\u0003\u0001 and so on',
  'HTTP/0.9': '<html>',
  'HTTP/1.2': 'HTTP/1.2 200 OK\r\n\r\n',
  'HTTP/2': 'HTTP/2.0 200 OK\r\n\r\n',
  'a version in lower case': 'http/1.1 200 OK\r\n\r\n',
  'an empty line before the status': `\r\n${ok}content-length: 0\r\n\r\n`,
  'two spaces before the status': 'HTTP/1.1  200 OK\r\ncontent-length: 0\r\n\r\n',
  'a status of two digits': 'HTTP/1.1 20 OK\r\ncontent-length: 0\r\n\r\n',
  'a status of four digits': 'HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n',
  'a status with a sign': 'HTTP/1.1 +20 OK\r\ncontent-length: 0\r\n\r\n',
  'a change of protocols': 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
  'line feeds alone': 'HTTP/1.1 200 OK\ncontent-length: 0\n\n',
  'a line feed alone in a head': `${ok}x: 1\ncontent-length: 5\r\n\r\nhello`,
  'a line feed alone at the end of a head': `${ok}content-length: 5\r\n\nhello`,
  'a carriage return alone': `${ok}x: 1\rcontent-length: 5\r\n\r\nhello`,
  'two carriage returns': `${ok}x: 1\r\r\n\r\n`,
  'a folded line': `${ok}x: 1\r\n content-length: 5\r\n\r\nhello`,
  'a line folded with a tab': `${ok}transfer-encoding:\r\n\tchunked\r\n\r\n0\r\n\r\n`,
  'a space before the colon': `${ok}content-length : 5\r\n\r\nhello`,
  'a tab before the colon': `${ok}transfer-encoding\t: chunked\r\n\r\n0\r\n\r\n`,
  'a space before a name': `HTTP/1.1 200 OK\r\n content-length: 5\r\n\r\nhello`,
  'a line without a colon': `${ok}content-length\r\n\r\n`,
  'a line without a name': `${ok}: 5\r\n\r\n`,
  'a name that is no token': `${ok}content(length): 5\r\n\r\n`,
  'a name in Latin-1': `${ok}gr\u00fcn: 5\r\n\r\n`,
  'a NUL in a name': `${ok}content-length\0: 5\r\n\r\nhello`,
  'a NUL in a value': `${ok}content-length: 5\0\r\n\r\nhello`,
  'a control character in a value': `${ok}x: a\u0001b\r\n\r\n`,
  'a control character in the reason': 'HTTP/1.1 200 O\u0008K\r\ncontent-length: 0\r\n\r\n',
  'DEL in a value': `${ok}x: \u007f\r\n\r\n`,
  'two lengths': lengths(' 5', ' 6'),
  'the same length twice': lengths(' 5', ' 5'),
  'a list of lengths': lengths(' 5, 5'),
  'a length with a sign': lengths(' +5'),
  'a negative length': lengths(' -5'),
  'a length in hexadecimal': lengths(' 0x5'),
  'a length with a point': lengths(' 5.0'),
  'a length with an exponent': lengths(' 5e0'),
  'a length with a space in it': lengths(' 1 0'),
  'no length': lengths(''),
  'a length of too many digits': lengths(' 99999999999999999999'),
  'a length and chunks': `${ok}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  'chunks and a length': `${ok}transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n`,
  'both without a body': 'HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n',
  'another coding': `${ok}transfer-encoding: gzip\r\n\r\nx`,
  'another coding as well': `${ok}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  'chunked twice': `${ok}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  'a list with chunked twice': `${ok}transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
  'chunked and no coding': `${ok}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  identity: `${ok}transfer-encoding: identity\r\n\r\nx`,
  'a coding like chunked': `${ok}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n`,
  'chunked in quotes': `${ok}transfer-encoding: "chunked"\r\n\r\n0\r\n\r\n`,
  'a coding with a tab after it': `${ok}transfer-encoding: chunked\t\r\n\r\n0\r\n\r\n`,
  'a length with a tab before it': lengths('\t5'),
  'an empty coding': `${ok}transfer-encoding:\r\n\r\n0\r\n\r\n`,
  'chunks in HTTP/1.0': 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  'a chunk size that is none': `${chunked}x\r\n`,
  'an empty chunk size': `${chunked}\r\n`,
  'a chunk size with a sign': `${chunked}+5\r\nhello\r\n0\r\n\r\n`,
  'a negative chunk size': `${chunked}-5\r\nhello\r\n0\r\n\r\n`,
  'a chunk size with 0x': `${chunked}0x5\r\nhello\r\n0\r\n\r\n`,
  'a chunk size with a space before it': `${chunked} 5\r\nhello\r\n0\r\n\r\n`,
  'a chunk size with a space after it': `${chunked}5 \r\nhello\r\n0\r\n\r\n`,
  'a chunk size of nine digits': `${chunked}100000005\r\nhello\r\n0\r\n\r\n`,
  'a chunk size with a line feed alone': `${chunked}5\nhello\r\n0\r\n\r\n`,
  'a chunk size with a carriage return alone': `${chunked}5\rhello\r\n0\r\n\r\n`,
  'a chunk extension with a line feed alone': `${chunked}5;a\nhello\r\n0\r\n\r\n`,
  'a chunk extension that is none': `${chunked}5;\r\nhello\r\n0\r\n\r\n`,
  'a chunk extension with a space': `${chunked}5;a b\r\nhello\r\n0\r\n\r\n`,
  'a chunk extension in Latin-1': `${chunked}5;a=\u00ff\r\nhello\r\n0\r\n\r\n`,
  'a chunk that is longer than it says': `${chunked}4\r\nhello\r\n0\r\n\r\n`,
  'a chunk that is shorter than it says': `${chunked}6\r\nhello\r\n0\r\n\r\n`,
  'a chunk that ends with a line feed alone': `${chunked}5\r\nhello\n0\r\n\r\n`,
  'a chunk that ends with two': `${chunked}5\r\nhello\r\n\r\n0\r\n\r\n`,
  'the last chunk with a line feed alone': `${chunked}0\n\n`,
  'a trailer that is none': `${chunked}0\r\nno trailer\r\n\r\n`,
  'a trailer with a line feed alone': `${chunked}0\r\na: b\n\r\n\r\n`,
  'a length as a trailer': `${chunked}0\r\nContent-Length: 0\r\n\r\n`,
  'a coding as a trailer': `${chunked}0\r\nTransfer-Encoding: chunked\r\n\r\n`,
  'a folded trailer': `${chunked}0\r\na: b\r\n c\r\n\r\n`,
  'the next answer in place of trailers': `${chunked}0\r\n${ok}content-length: 0\r\n\r\n`,
  'an answer before the answer in HTTP/1.0': `HTTP/1.0 100 Continue\r\n\r\n${ok}content-length: 0\r\n\r\n`,
  'an answer before the answer that closes': `HTTP/1.1 103 Early Hints\r\nconnection: close\r\n\r\n${ok}content-length: 0\r\n\r\n`,
  'a length in an answer before the answer that comes with a body': `HTTP/1.1 103 Early Hints\r\ncontent-length: 5\r\n\r\nhello${ok}content-length: 0\r\n\r\n`,
};

const truncated: Readonly<Record<string, string>> = {
  'a status line': 'HTTP/1.1 2',
  'a head': `${ok}content-length: 0\r\n`,
  'a body with its length': `${ok}content-length: 5\r\n\r\nhell`,
  'a chunk': `${chunked}5\r\nhell`,
  'the last chunk': `${chunked}1\r\nx\r\n`,
  'an empty chunk without the line after it': `${chunked}1\r\nx\r\n0\r\n`,
  trailers: `${chunked}1\r\nx\r\n0\r\na: b\r\n`,
};

/** In one piece, byte by byte, and cut in two at every place. */
function inPieces(text: string): ReadonlyArray<readonly Buffer[]> {
  const all = Buffer.from(text, 'latin1');
  const bytes = Array.from(all, (byte) => Buffer.from([byte]));
  const halves = bytes.map((_byte, at) => [all.subarray(0, at), all.subarray(at)]);
  return [[all], bytes, ...halves.slice(1)];
}

const readEach = (text: string): ReadAnswer[] => inPieces(text).map((pieces) => readAnswer(pieces));

describe('is read', () => {
  it.each(Object.entries(read))('%s', (_name, [text, expected]) => {
    for (const answer of readEach(text)) {
      expect(answer.error).toBeUndefined();
      const { status = 200, body = '', isReusable = true, hints = [], headers } = expected;
      expect(answer).toMatchObject({ status, body, isReusable, hints });
      if (headers) expect(new Map(Object.entries(answer.headers))).toEqual(new Map(Object.entries(headers)));
    }
  });

  it('as objects without anything inherited', () => {
    const { headers } = readAnswer([Buffer.from(`${ok}content-length: 0\r\n\r\n`)]);
    for (const name of ['__proto__', 'constructor', 'toString']) expect(name in headers).toBe(false);
  });

  it('a body larger than what is put together, as it comes', () => {
    const body = 'abcdefgh'.repeat(200_000);
    const all = Buffer.from(`${ok}content-length: ${body.length}\r\n\r\n${body}`);
    for (const size of [1000, 65_536, all.length]) {
      const pieces = Array.from({ length: Math.ceil(all.length / size) }, (_none, index) =>
        all.subarray(index * size, (index + 1) * size),
      );
      const answer = readAnswer(pieces);
      expect(answer).toMatchObject({ isReusable: true, error: undefined });
      expect(answer.body === body).toBe(true);
    }
  });

  it('no further once nobody wants it', () => {
    for (const body of [
      'content-length: 5\r\n\r\nhello',
      'transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    ]) {
      const answer = readAnswer([Buffer.from(`${ok}${body}`)], { isWanted: () => false });
      expect(answer).toMatchObject({ status: 200, body: '', isReusable: undefined });
    }
  });
});

describe('is refused', () => {
  it.each(Object.entries(refused))('%s', (_name, text) => {
    for (const { error, isReusable } of readEach(text)) {
      expect(error).toMatchObject({ fault: 'not-http' });
      expect(isReusable).toBeUndefined();
    }
  });

  it('a head of more bytes than may be, also in one line', () => {
    const fits = (bytes: number): string => {
      const start = `${ok}content-length: 0\r\nx: `;
      return `${start}${'x'.repeat(bytes - start.length - 4)}\r\n\r\n`;
    };
    expect(readAnswer([Buffer.from(fits(headBytesMax))]).error).toBeUndefined();
    expect(readAnswer([Buffer.from(fits(headBytesMax + 1))]).error).toMatchObject({ fault: 'not-http' });
    const endless = Array.from({ length: 20 }, () => Buffer.from('x'.repeat(1000)));
    expect(readAnswer([Buffer.from(`${ok}x: `), ...endless]).error).toMatchObject({ fault: 'not-http' });
    const lines = Array.from({ length: 2000 }, () => Buffer.from('some: header\r\n'));
    expect(readAnswer([Buffer.from(ok), ...lines]).error).toMatchObject({ fault: 'not-http' });
  });

  it('chunk extensions and trailers of more bytes than may be', () => {
    const extensions = `1;${'e'.repeat(1000)}\r\nx\r\n`.repeat(20);
    expect(readAnswer([Buffer.from(chunked + extensions)]).error).toMatchObject({ fault: 'not-http' });
    const trailers = `some: trailer\r\n`.repeat(2000);
    expect(readAnswer([Buffer.from(`${chunked}0\r\n${trailers}`)]).error).toMatchObject({
      fault: 'not-http',
    });
  });
});

describe('is not complete', () => {
  it.each(Object.entries(truncated))('%s that ends in the middle', (_name, text) => {
    for (const answer of readEach(text)) {
      expect(answer.isReusable).toBeUndefined();
      expect(answer.error).toMatchObject({ fault: 'lost' });
    }
  });
});
