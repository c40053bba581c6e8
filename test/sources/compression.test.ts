/** T-SUB-ENC, T-SUB-BOMB: compressed answers, and what a service could do to the gateway with them. */

import { brotliCompressSync, gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';

import { afterEach, describe, expect, it } from 'vitest';

import { requestContext } from '../support/context.ts';
import { senderTo, type SenderOptions } from './support/sender.ts';
import { type Answer, startStandIn } from './support/stand-in.ts';

const cleanups: Array<() => Promise<void>> = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

const text = JSON.stringify({ data: { text: 'ä'.repeat(100_000) } });
const all = { acceptEncodings: ['br', 'zstd', 'gzip'] } as const;

describe('an answer', () => {
  it.each([
    ['gzip', gzipSync(text)],
    ['br', brotliCompressSync(text)],
    ['zstd', zstdCompressSync(text)],
  ])('may come as %s where it was asked for', async (encoding, packed) => {
    const { service, send } = await given(encoded(encoding, packed), all);
    expect((await send()).body.toString()).toBe(text);
    expect(service.asked[0]?.headers['accept-encoding']).toBe('br, zstd, gzip');
  });

  it.each([
    ['GZIP', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['X-GZip', gzipSync(text)],
    ['Br', brotliCompressSync(text)],
    ['gzip, identity', gzipSync(text)],
    [', gzip,', gzipSync(text)],
    ['Identity', Buffer.from(text)],
    ['', Buffer.from(text)],
  ])('may say %j of its coding', async (encoding, packed) => {
    const { send } = await given(encoded(encoding, packed), all);
    expect((await send()).body.toString()).toBe(text);
  });

  it('may name the coding of a body that it does not have', async () => {
    const { send } = await given(encoded('gzip', Buffer.alloc(0)), all);
    expect((await send()).body).toHaveLength(0);
  });

  it('may arrive byte by byte', async () => {
    const packed = gzipSync('{"data":{}}');
    const { send } = await given((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      let sent = 0;
      const next = (): void => {
        if (sent < packed.length) response.write(packed.subarray(sent, (sent += 1)), next);
        else response.end();
      };
      next();
    }, all);
    expect((await send()).body.toString()).toBe('{"data":{}}');
  });

  it.each([
    ['is not what it says', 'gzip', Buffer.from('{"data":{}}')],
    ['stops in the middle', 'gzip', gzipSync(text).subarray(0, 50)],
    ['has an encoding that was not asked for', 'deflate', Buffer.from('x')],
    ['has two layers', 'gzip, gzip', gzipSync(gzipSync(text))],
    ['has a thousand layers', Array<string>(1000).fill('gzip').join(', '), gzipSync(text)],
    ['is larger than a compressed one may be', 'gzip', Buffer.alloc(20_000)],
  ])('that %s is refused', async (_what, encoding, packed) => {
    const { failure } = await given(encoded(encoding, packed), { ...all, compressedBytesMax: 10_000 });
    expect(await failure()).toMatchObject({ code: 'SERVICE_BAD_RESPONSE', public: { service: 'reviews' } });
  });

  it('that is not compressed may still come, and is refused compressed where nothing was asked for', async () => {
    const plain = await given((_request, response) => void response.end(text), all);
    expect((await plain.send()).body.toString()).toBe(text);
    const packed = await given(encoded('gzip', gzipSync(text)), {});
    expect(await packed.failure()).toMatchObject({ code: 'SERVICE_BAD_RESPONSE', outcome: 'bad-response' });
    expect(packed.service.asked[0]?.headers['accept-encoding']).toBe('identity');
  });

  it.each(['gzip', 'br', 'zstd'])('of %s that unpacks to too much is broken off', async (encoding) => {
    const zeros = Buffer.alloc(5_000_000);
    const pack = { gzip: gzipSync, br: brotliCompressSync, zstd: zstdCompressSync }[encoding];
    const { failure } = await given(encoded(encoding, pack?.(zeros) ?? zeros), {
      ...all,
      responseBytesMax: 1_000_000,
    });
    expect(await failure()).toMatchObject({ code: 'SERVICE_BAD_RESPONSE', outcome: 'too-large' });
  });

  it('is refused where all answers to one request are too much together', async () => {
    const body = Buffer.alloc(500_000, ' ');
    const { send, failure } = await given((_request, response) => void response.end(body), {
      operationBytesMax: 1_000_000,
    });
    const { locals } = requestContext();
    await send({}, { locals });
    await send({}, { locals });
    expect(await failure({}, { locals })).toMatchObject({ code: 'SERVICE_BAD_RESPONSE' });
    expect((await send()).body).toHaveLength(500_000);
  });
});

it('sends large bodies as gzip where that is asked for, and small ones as they are', async () => {
  const { service, send } = await given((_request, response) => void response.end('{}'), {
    compressFromBytes: 1000,
  });
  await send({ body: '{}' });
  expect(service.asked[0]).toMatchObject({ body: '{}' });
  expect(service.asked[0]?.headers['content-encoding']).toBeUndefined();
  const large = JSON.stringify({ query: 'x'.repeat(2000) });
  await send({ body: large });
  expect(service.asked[1]?.headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(service.asked[1]?.bytes ?? '').toString()).toBe(large);
});

async function given(answer: Answer, options: SenderOptions) {
  const service = await startStandIn(answer);
  const sender = senderTo(service.url, options);
  cleanups.push(
    () => sender.close(),
    () => service.close(),
  );
  return { service, ...sender };
}

function encoded(encoding: string, body: Buffer): Answer {
  return (_request, response) => void response.writeHead(200, { 'content-encoding': encoding }).end(body);
}
