/**
 * Clients that do not read their answers, say nothing, or come in great numbers: what they hold is bounded, others are
 * served meanwhile, and who reads slowly gets the whole answer. With real processes, since it is about what they hold.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { makeCertificates } from '../support/certificates.ts';
import { largeBytes, largeGateway, type LargeGateway } from '../support/large-gateway.ts';
import { requestHead, sendRaw } from '../support/raw-http.ts';
import { closed, silentClient, slowReader, unreadingClient } from '../support/slow-clients.ts';

const patience = { timeout: 30_000, interval: 100 };
const large = '{ large }';
const certificates = await makeCertificates(['localhost']);
afterAll(() => certificates.remove());
const { certPath, keyPath } = certificates.server;
const listeners = [
  ['plain', ''],
  ['by TLS', `, tls: { cert: ${certPath}, key: ${keyPath} }`],
] as const;

function given(config: string): () => LargeGateway {
  let open: LargeGateway | undefined;
  beforeAll(async () => {
    open = await largeGateway(config);
  });
  afterAll(() => open?.close());
  return () => {
    if (!open) throw new Error('the gateway is not open yet');
    return open;
  };
}

async function expectServed(url: string): Promise<void> {
  const { status, body } = await askQuick(url);
  expect([status, body]).toEqual([200, '{"data":{"quick":1}}']);
}

function askQuick(url: string): ReturnType<typeof sendRaw> {
  const body = '{"query":"{ quick }"}';
  const headers = ['Content-Type: application/json', `Content-Length: ${body.length}`];
  return sendRaw(url, `${requestHead(url, 'POST /graphql HTTP/1.1', headers)}${body}`);
}

describe.each(listeners)('an answer that its client does not read, %s', (_how, tls) => {
  const opened = given(`server: { unreadAnswerTimeoutMs: 3000, unreadAnswersBytesMax: 100000000${tls} }\n`);

  it('is dropped after a while, which is logged; one that is read slowly is sent whole', async () => {
    const { gateway } = opened();
    const slow = slowReader(gateway.url, large, 1_000_000);
    const told = gateway.logged(
      ({ msg }) => msg === 'connections closed: clients do not read their responses',
    );
    const sockets = Array.from({ length: 5 }, () => unreadingClient(gateway.url, large));
    for (const socket of sockets) socket.pause();
    await expectServed(gateway.url);
    expect(await told).toMatchObject({ bytes: expect.any(Number) });
    // Reading again, they come to an early end.
    for (const socket of sockets) socket.resume();
    await Promise.all(sockets.map(closed));
    expect(await slow).toMatchObject({ isWhole: true });
    await expectServed(gateway.url);
  });

  it('is dropped at once where many wait on one connection', async () => {
    const { gateway } = opened();
    const told = gateway.logged(
      ({ msg }) => msg === 'connections closed: clients do not read their responses',
    );
    const socket = unreadingClient(gateway.url, large, { times: 20 });
    socket.pause();
    await told;
    socket.resume();
    await closed(socket);
    expect(socket.bytesRead).toBeLessThan(3 * largeBytes);
    await expectServed(gateway.url);
  });
});

describe('answers that many clients do not read', () => {
  const opened = given('server: { unreadAnswersBytesMax: 100000000 }\n');

  it('are dropped where they are too many, not those of who reads slowly, and memory comes back', async () => {
    const { gateway, descriptors } = opened();
    const before = await descriptors();
    const slow = slowReader(gateway.url, large, 1_500_000);
    const told = gateway.logged(
      ({ msg }) => msg === 'connections closed: clients do not read their responses',
    );
    const sockets = Array.from({ length: 20 }, () => unreadingClient(gateway.url, large));
    for (const socket of sockets) socket.pause();
    await told;
    await expectServed(gateway.url);
    expect(await slow).toMatchObject({ isWhole: true });
    for (const socket of sockets) socket.destroy();
    await expect.poll(descriptors, patience).toBeLessThan(before + 10);
  });
});

describe.each(listeners)('more connections than there may be, %s', (_how, tls) => {
  const opened = given(`server: { connectionsMax: 30, requestReceiveTimeoutMs: 600000${tls} }\n`);
  beforeEach(() => expectServed(opened().gateway.url));

  it('close those first that say nothing, which is logged; others are served', async () => {
    const { gateway, descriptors } = opened();
    const before = await descriptors();
    const told = gateway.logged(({ msg }) => msg === 'connections closed: too many are open');
    const silent = Array.from({ length: 100 }, () => silentClient(gateway.url));
    await Promise.all(Array.from({ length: 20 }, () => expectServed(gateway.url)));
    expect(await told).toMatchObject({ silent: expect.any(Number), refused: 0 });
    // Others have connections to services.
    expect(await descriptors()).toBeLessThan(before + 30 + 20);
    for (const socket of silent) socket.destroy();
  });

  it('close those whose request does not arrive', async () => {
    const { gateway } = opened();
    const { host } = new URL(gateway.url);
    const head = `POST /graphql HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n`;
    const stuck = Array.from({ length: 100 }, () => {
      const socket = silentClient(gateway.url);
      socket.write(head);
      return socket;
    });
    const ended = (): number =>
      stuck.filter(({ destroyed, readableEnded }) => destroyed || readableEnded).length;
    await expect.poll(ended, patience).toBeGreaterThan(60);
    await expectServed(gateway.url);
    for (const socket of stuck) socket.destroy();
  });

  it('refuse newcomers where everybody is being answered', async () => {
    const { gateway } = opened();
    let isTold = false;
    const told = gateway
      .logged(({ msg, refused = 0 }) => msg === 'connections closed: too many are open' && refused > 0)
      .then(() => (isTold = true));
    const waiting: Socket[] = [];
    while (!isTold && waiting.length < 200) {
      waiting.push(unreadingClient(gateway.url, '{ never }'));
      // For its request to be there before the next one comes.
      await sleep(50);
    }
    await told;
    for (const socket of waiting) socket.destroy();
    await expect.poll(async () => (await askQuick(gateway.url)).status, patience).toBe(200);
  });
});

describe.each(listeners)('a connection that never says anything, %s', (_how, tls) => {
  const opened = given(`server: { requestReceiveTimeoutMs: 500${tls} }\n`);

  it('is closed, also where the client does not close it', async () => {
    const { gateway, descriptors } = opened();
    await expectServed(gateway.url);
    const before = await descriptors();
    const silent = Array.from({ length: 50 }, () => silentClient(gateway.url));
    await Promise.all(silent.map((socket) => once(socket, 'end')));
    await expect.poll(descriptors, patience).toBeLessThan(before + 5);
    expect(silent.every(({ writable }) => writable)).toBe(true);
    for (const socket of silent) socket.destroy();
  });
});
