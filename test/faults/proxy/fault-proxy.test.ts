/** That each toxic does what it says, on real sockets; everything in test/faults is built on it. */
import { Agent, createServer as createHttpServer, get } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';

import { grpcClient } from '../../../subgraphs-mock/shared/test-clients.ts';
import { startMocks } from '../../../subgraphs-mock/start.ts';
import { openFaultProxy, type FaultProxy } from './fault-proxy.ts';
import type { Toxic } from './toxics.ts';

const greeting = Buffer.from('0123456789'.repeat(20));

describe('without toxics', () => {
  it('passes megabytes both ways unchanged, and the end of the answer', async () => {
    const { proxy } = await before(echo);
    const sent = Buffer.alloc(5_000_000, 'abcdefghijklm');
    const client = open(proxy);
    client.socket.end(sent);
    const { received, ended } = await client.over;
    expect(received.equals(sent)).toBe(true);
    expect(ended).toBe('end');
    expect(proxy.counts).toMatchObject({ requestBytes: sent.length, answerBytes: sent.length, open: 0 });
  });

  it('passes on that a client left', async () => {
    const { proxy, left } = await before(echo);
    const client = open(proxy);
    client.socket.write('x');
    await expect.poll(() => client.received().length).toBe(1);
    client.socket.destroy();
    await left;
    await expect.poll(() => proxy.counts.open).toBe(0);
  });

  it('resets the client when the service cannot be reached', async () => {
    const { proxy, server } = await before(echo);
    server.close();
    const client = open(proxy);
    client.socket.write('x');
    expect((await client.over).ended).toBe('ECONNRESET');
  });
});

describe('latency', () => {
  it('delays each answer and changes nothing', async () => {
    const { proxy } = await before(greet);
    await proxy.set({ kind: 'latency', ms: 80 });
    const startedAtMs = performance.now();
    const client = open(proxy);
    const { received } = await client.over;
    expect(received.equals(greeting)).toBe(true);
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(79);
  });

  it('delays requests where it is told to', async () => {
    const { proxy, service } = await before(echo);
    await proxy.set({ kind: 'latency', ms: 80, direction: 'request' });
    const client = open(proxy);
    const startedAtMs = performance.now();
    client.socket.write('x');
    await expect.poll(() => service.received.length).toBe(1);
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(79);
  });

  it('with jitter keeps the order of bytes', async () => {
    const waits = [1, 0, 0.5, 0, 0.9];
    const { proxy } = await before(echo, { random: () => waits.shift() ?? 0 });
    await proxy.set({ kind: 'latency', ms: 1, jitterMs: 60 });
    const client = open(proxy);
    for (let i = 0; i < 5; i += 1) {
      client.socket.write(String(i));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    client.socket.end();
    expect((await client.over).received.toString()).toBe('01234');
  });
});

it('bandwidth lets no more through than so many bytes a second', async () => {
  const { proxy } = await before(greet);
  await proxy.set({ kind: 'bandwidth', bytesPerSecond: 1000 });
  const startedAtMs = performance.now();
  const client = open(proxy);
  const { received } = await client.over;
  expect(received.equals(greeting)).toBe(true);
  // 200 bytes; the first piece goes at once.
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(180);
});

it('slice sends small chunks with gaps', async () => {
  const { proxy } = await before(greet);
  await proxy.set({ kind: 'slice', bytes: 50, gapMs: 20 });
  const startedAtMs = performance.now();
  const client = open(proxy);
  const { received, chunks } = await client.over;
  expect(received.equals(greeting)).toBe(true);
  expect(chunks).toBeGreaterThan(1);
  // A gap after each of the first three.
  expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(58);
});

describe.each([
  ['reset', 'ECONNRESET'],
  ['truncate', 'end'],
] as const)('%s', (kind, ended) => {
  it.each([0, 1, 100])('after %d bytes of the answer lets those pass and no more', async (afterBytes) => {
    const { proxy } = await before(greet);
    await proxy.set({ kind, afterBytes });
    const client = open(proxy);
    client.socket.write('hello');
    const over = await client.over;
    expect(over.received.equals(greeting.subarray(0, afterBytes))).toBe(true);
    expect(over.ended).toBe(ended);
    await expect.poll(() => proxy.counts.open).toBe(0);
  });

  it.each([0, 3])(
    'after %d bytes of the request lets the service see those and no more',
    async (afterBytes) => {
      const { proxy, service } = await before(echo);
      await proxy.set({ kind, afterBytes, direction: 'request' });
      const client = open(proxy);
      client.socket.write('hello');
      expect((await client.over).ended).toBe(ended);
      expect(service.received.toString()).toBe('hello'.slice(0, afterBytes));
    },
  );

  it('counts from when it was switched on, on connections that were open', async () => {
    const { proxy } = await before(echo);
    const client = open(proxy);
    client.socket.write('12345');
    await expect.poll(() => client.received().length).toBe(5);
    await proxy.set({ kind, afterBytes: 2 });
    client.socket.write('67890');
    const { received } = await client.over;
    expect(received.toString()).toBe('1234567');
  });
});

describe('blackhole', () => {
  it('accepts and answers nothing; afterwards what was held passes', async () => {
    const { proxy, service } = await before(echo);
    const early = open(proxy);
    early.socket.write('a');
    await expect.poll(() => early.received().toString()).toBe('a');
    await proxy.set({ kind: 'blackhole' });
    early.socket.write('b');
    const late = open(proxy);
    late.socket.write('c');
    await expect.poll(() => proxy.counts.accepted).toBe(2);
    await quiet();
    expect(service.received.toString()).toBe('a');
    expect(late.received().length).toBe(0);
    await proxy.heal();
    await expect.poll(() => early.received().toString()).toBe('ab');
    await expect.poll(() => late.received().toString()).toBe('c');
  });

  it('that forgets leaves its connections dead for ever and open, and new ones work', async () => {
    const { proxy, service } = await before(echo);
    const early = open(proxy);
    early.socket.write('a');
    await expect.poll(() => early.received().toString()).toBe('a');
    await proxy.set({ kind: 'blackhole', forgets: true });
    early.socket.write('b');
    await proxy.heal();
    const late = open(proxy);
    late.socket.write('c');
    await expect.poll(() => late.received().toString()).toBe('c');
    await quiet();
    expect(service.received.toString()).toBe('ac');
    expect(early.socket.destroyed).toBe(false);
    expect(proxy.counts.open).toBe(2);
  });

  it('notices that a client left', async () => {
    const { proxy } = await before(echo);
    await proxy.set({ kind: 'blackhole' });
    const client = open(proxy);
    client.socket.write('x');
    await expect.poll(() => proxy.counts.open).toBe(1);
    client.socket.destroy();
    await expect.poll(() => proxy.counts.open).toBe(0);
  });
});

it('refuse resets what is connected and refuses the rest; afterwards the same port works again', async () => {
  const { proxy } = await before(echo);
  const { port } = proxy;
  const early = open(proxy);
  early.socket.write('a');
  await expect.poll(() => early.received().toString()).toBe('a');
  await proxy.set({ kind: 'refuse' });
  expect((await early.over).ended).toBe('ECONNRESET');
  expect((await open(proxy).over).ended).toBe('ECONNREFUSED');
  await proxy.heal();
  expect(proxy.port).toBe(port);
  const late = open(proxy);
  late.socket.write('b');
  await expect.poll(() => late.received().toString()).toBe('b');
});

it('switches as often as it is told, and the last word holds', async () => {
  const { proxy } = await before(echo);
  const toxics: Toxic[] = [
    { kind: 'refuse' },
    { kind: 'blackhole' },
    { kind: 'refuse' },
    { kind: 'latency', ms: 1 },
  ];
  await Promise.all(toxics.map((toxic) => proxy.set(toxic)));
  const client = open(proxy);
  client.socket.write('x');
  await expect.poll(() => client.received().toString()).toBe('x');
});

describe('counts', () => {
  it('HTTP calls by request, however many a connection carries, and also those that get no answer', async () => {
    const server = createHttpServer((_request, response) => void response.end('here'));
    const proxy = await proxyTo(server);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    for (let i = 0; i < 3; i += 1) expect(await httpGet(proxy, agent)).toBe('here');
    expect(proxy.counts).toMatchObject({ calls: 3, accepted: 1 });
    await proxy.set({ kind: 'reset', afterBytes: 0, direction: 'request' });
    expect(await httpGet(proxy, agent)).toBe('ECONNRESET');
    expect(proxy.counts.calls).toBe(4);
  });

  it('gRPC calls by stream', async () => {
    const mocks = await startMocks({ portBase: 0, only: ['inventory'] });
    onTestFinished(() => mocks.close());
    const { url, calls } = mocks.service('inventory');
    const proxy = await openFaultProxy({ port: Number(new URL(url).port) });
    onTestFinished(() => proxy.close());
    const client = grpcClient(
      `grpc://127.0.0.1:${proxy.port}`,
      'inventory.proto',
      'tributary.inventory.v1.Inventory',
    );
    onTestFinished(() => client.close());
    const upcs = Array.from({ length: 400 }, (_, i) => `p${i}`);
    for (let i = 0; i < 3; i += 1) await client.unary('GetStocks', { upcs });
    await Promise.all([1, 2, 3, 4].map(() => client.unary('GetStock', { upc: 'p1' })));
    expect(calls.total).toBe(7);
    expect(proxy.counts).toMatchObject({ calls: 7, accepted: 1 });
  });
});

it('closes with connections open, and leaves its port', async () => {
  const { proxy } = await before(echo);
  await proxy.set({ kind: 'blackhole' });
  const client = open(proxy);
  client.socket.write('x');
  await expect.poll(() => proxy.counts.open).toBe(1);
  await proxy.close();
  expect((await client.over).ended).toBe('ECONNRESET');
  expect((await open(proxy).over).ended).toBe('ECONNREFUSED');
});

interface Service {
  received: Buffer;
}

type Behaviour = (socket: Socket, service: Service) => void;

function echo(socket: Socket, service: Service): void {
  socket.on('data', (bytes: Buffer) => {
    service.received = Buffer.concat([service.received, bytes]);
    socket.write(bytes);
  });
  socket.on('end', () => socket.end());
}

function greet(socket: Socket): void {
  socket.resume();
  socket.end(greeting);
}

async function before(behaviour: Behaviour, options: { readonly random?: () => number } = {}) {
  const service: Service = { received: Buffer.alloc(0) };
  let onLeft = (): void => {};
  const left = new Promise<void>((resolve) => {
    onLeft = resolve;
  });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('close', onLeft);
    behaviour(socket, service);
  });
  const proxy = await proxyTo(server, options);
  return { proxy, service, server, left };
}

async function proxyTo(
  server: Server,
  options: { readonly random?: () => number } = {},
): Promise<FaultProxy> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  const proxy = await openFaultProxy({ port: (server.address() as AddressInfo).port, ...options });
  onTestFinished(() => proxy.close());
  return proxy;
}

/** A client and everything it got until its connection was over. */
function open(proxy: FaultProxy) {
  const socket = connect(proxy.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const chunks: Buffer[] = [];
  let ended = '';
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('end', () => (ended ||= 'end'));
  socket.on('error', (error: NodeJS.ErrnoException) => (ended ||= error.code ?? 'error'));
  const received = (): Buffer => Buffer.concat(chunks);
  const over = new Promise<{ received: Buffer; ended: string; chunks: number }>((resolve) => {
    socket.on('close', () => resolve({ received: received(), ended, chunks: chunks.length }));
  });
  return { socket, received, over };
}

function httpGet({ port }: FaultProxy, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const request = get({ port, host: '127.0.0.1', agent }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(text));
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
  });
}

/** Long enough for bytes on this machine to arrive if they were sent. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
