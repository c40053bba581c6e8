/** HTTP/1.1 over TLS: sessions that are used again, names with several addresses, and ends of connections. */

import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, LookupFunction, Server } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { Worker } from 'node:worker_threads';

import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';

import { HttpCall } from '../../src/sources/http/exchange.ts';
import { makeCertificates, type Certificates } from '../support/certificates.ts';
import { senderTo, type SenderOptions } from './support/sender.ts';

let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates(['users.example']);
});
afterAll(() => certificates.remove());

const lookup =
  (...addresses: readonly string[]): LookupFunction =>
  (_host, _options, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

it('a session is used again by the next connection', async () => {
  const reused: boolean[] = [];
  const { send } = await given((socket) => {
    reused.push(socket.isSessionReused());
    socket.once('data', () => socket.end(ok('x', 'connection: close')));
  });
  for (let round = 0; round < 3; round += 1) expect((await send()).body.toString()).toBe('x');
  expect(reused).toEqual([false, true, true]);
});

it('a connection is used again, also by a process that is held up while the answer comes', async () => {
  const { cert, key } = certificates.server;
  const server = new Worker(answering, { eval: true, workerData: { cert, key, answer: ok('x') } });
  onTestFinished(() => server.terminate().then(() => undefined));
  const [{ port }] = (await once(server, 'message')) as [{ readonly port: number }];
  const { send } = senderOf(port);
  // After each request was sent, before anything else.
  const start = vi.spyOn(HttpCall.prototype, 'onRequestStart');
  start.mockImplementation(() => queueMicrotask(() => holdUp(5)));
  onTestFinished(() => start.mockRestore());
  for (let round = 0; round < 20; round += 1) await send();
  server.postMessage('how many');
  expect(await once(server, 'message')).toEqual([{ connections: 1 }]);
});

/** A server beside this thread. */
const answering = `
  const { parentPort, workerData } = require('node:worker_threads');
  let connections = 0;
  const server = require('node:tls').createServer(workerData, (socket) => {
    connections += 1;
    socket.on('error', () => {}).on('data', () => socket.write(workerData.answer));
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage({ port: server.address().port }));
  parentPort.on('message', () => parentPort.postMessage({ connections }));
`;

function holdUp(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

it('of several addresses the one that answers is used', async () => {
  const { send } = await given((socket) => {
    socket.on('data', () => socket.write(ok('x')));
  });
  const first = await send();
  expect(first.body.toString()).toBe('x');
  const other = await given((socket) => void socket.on('data', () => socket.write(ok('y'))), {
    lookup: lookup('::1', '127.0.0.1'),
  });
  expect((await other.send()).body.toString()).toBe('y');
  expect((await other.send()).body.toString()).toBe('y');
});

it('large bodies come through whole, compressed ones too', async () => {
  const { cert, key } = certificates.server;
  const body = Buffer.alloc(5_000_000, 'abcdefg');
  const server = createHttpsServer({ cert, key }, (request, response) => {
    request.resume().on('end', () => response.end(body));
  });
  const { send } = senderOf(await listen(server));
  onTestFinished(() => server.closeAllConnections());
  for (let round = 0; round < 3; round += 1) {
    const answer = await send({ body: JSON.stringify('ü'.repeat(100_000)) });
    expect(answer.body.equals(body)).toBe(true);
  }
});

it('a body without a length ends with the connection, and one with a length is truncated by it', async () => {
  const whole = await given((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'));
  });
  expect((await whole.send()).body.toString()).toBe('all of it');
  const part = await given((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nnot all'));
  });
  expect(await part.failure()).toMatchObject({ code: 'SERVICE_BAD_RESPONSE' });
});

it('what nobody asked for is no answer to the next call', async () => {
  const { send } = await given((socket) => {
    socket.on('data', () => socket.write(ok('x') + ok('poison')));
  });
  for (let round = 0; round < 5; round += 1) expect((await send()).body.toString()).toBe('x');
});

it('a certificate that is none fails the call and no more', async () => {
  const { failure } = senderOf(1, { tls: { ca: certificates.ca, cert: 'x', key: 'y' } });
  expect(await failure()).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  expect(await failure()).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
});

it('a service that never shakes hands is a connection that there is not in time', async () => {
  const { createServer: createPlain } = await import('node:net');
  const server = createPlain((socket) => void socket.on('error', () => {}).resume());
  const { failure } = senderOf(await listen(server), { connectTimeoutMs: 30 });
  expect(await failure()).toMatchObject({ code: 'SERVICE_TIMEOUT', outcome: 'connect', nothingSent: true });
});

const ok = (body: string, ...lines: readonly string[]): string =>
  ['HTTP/1.1 200 OK', `content-length: ${body.length}`, ...lines, '', body].join('\r\n');

async function given(serve: (socket: TLSSocket) => void, options: SenderOptions = {}) {
  const { cert, key } = certificates.server;
  const server = createServer({ cert, key }, (socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  return senderOf(await listen(server), options);
}

function senderOf(port: number, options: SenderOptions = {}) {
  const one = senderTo(`https://users.example:${port}`, {
    connections: 1,
    lookup: lookup('127.0.0.1'),
    tls: { ca: certificates.ca },
    ...options,
  });
  onTestFinished(() => one.close());
  return one;
}

async function listen(server: Server): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}
