/** What is written for a call, byte by byte. */

import { describe, expect, it } from 'vitest';

import { ok, rawService } from '../../../../test/sources/support/raw-service.ts';
import { requestText } from './request-text.ts';

describe('a request', () => {
  it('is one head with the length of its body in bytes', async () => {
    const { ask, asked, url } = await rawService(() => ok('x'));
    for (const [method, body, length] of [
      ['GET', null, ''],
      ['POST', '', 'content-length: 0\r\n'],
      ['PUT', null, 'content-length: 0\r\n'],
      ['DELETE', null, ''],
      ['POST', 'abc', 'content-length: 3\r\n'],
      ['POST', 'grün 😀', 'content-length: 10\r\n'],
      ['POST', Buffer.from([1, 2, 255]), 'content-length: 3\r\n'],
      ['POST', 'ü'.repeat(50_000), 'content-length: 100000\r\n'],
    ] as const) {
      asked.length = 0;
      await ask({ method, body, headers: { 'x-a': 'b' } });
      const head = `${method} /p HTTP/1.1\r\nhost: ${new URL(url).host}\r\nconnection: keep-alive\r\nx-a: b\r\n${length}\r\n`;
      expect(Buffer.concat(asked).equals(Buffer.concat([Buffer.from(head), Buffer.from(body ?? '')]))).toBe(
        true,
      );
    }
  });

  it('has a head in Latin-1 and a body in UTF-8', async () => {
    const { ask, asked } = await rawService(() => ok('x'));
    for (const body of ['ascii', 'grün', 'ü'.repeat(50_000)]) {
      asked.length = 0;
      await ask({ body, headers: { 'x-a': 'gr\u00fcn' } });
      const [head = '', sent = ''] = Buffer.concat(asked).toString('latin1').split('\r\n\r\n');
      expect(head).toContain('x-a: gr\u00fcn\r\n');
      expect(Buffer.from(sent, 'latin1').toString()).toBe(body);
    }
  });

  it('that has a body where none is expected is the last on its connection', async () => {
    const { ask, asked, connections } = await rawService(() => ok('x'));
    await ask({ method: 'DELETE', body: 'abc' });
    expect(String(asked[0])).toContain('connection: close\r\n');
    await ask();
    expect(connections()).toBe(2);
  });

  it('goes to IPv6 addresses', async (context) => {
    const started = await rawService(() => ok('x'), {}, '::1').catch(() => undefined);
    if (!started) return context.skip();
    await started.ask();
    expect(String(started.asked[0])).toContain(`host: [::1]:${new URL(started.url).port}\r\n`);
  });
});

describe('is not sent', () => {
  const request = { method: 'POST', path: '/p', headers: {}, body: 'abc' };

  it.each([
    ['a path without a slash', { path: 'p' }],
    ['a path with a space', { path: '/a b' }],
    ['a path with a line end', { path: '/a\r\nx: y' }],
    ['a path above Latin-1', { path: '/日' }],
    ['a name with a line end', { headers: { 'a\r\nb': 'c' } }],
    ['a name with a colon', { headers: { 'a:b': 'c' } }],
    ['an empty name', { headers: { '': 'c' } }],
    ['transfer-encoding', { headers: { 'transfer-encoding': 'chunked' } }],
    ['Transfer-Encoding', { headers: { 'Transfer-Encoding': 'chunked' } }],
    ['expect', { headers: { expect: '100-continue' } }],
    ['upgrade', { headers: { upgrade: 'x' } }],
    ['Content-Length', { headers: { 'Content-Length': '3' } }],
    ['another length than that of the body', { headers: { 'content-length': '4' } }],
  ])('%s', (_name, changed) => {
    expect(() => requestText({ ...request, ...changed }, 'host')).toThrow(
      expect.objectContaining({ fault: 'not-sendable' }),
    );
  });

  it('more than once, whatever is asked for', () => {
    const headers = { host: 'other', connection: 'x, Close', 'content-length': '3' };
    expect(requestText({ ...request, headers }, 'host')).toMatchObject({
      head: 'POST /p HTTP/1.1\r\nhost: other\r\nconnection: close\r\ncontent-length: 3\r\n\r\n',
      isLast: true,
    });
  });
});
