/** A receiver that is down, silent or refuses: no request notices, spans are dropped and counted, the end is not held up. */

import { createServer } from 'node:net';

import { expect, it, onTestFinished } from 'vitest';

import { otlpReceiver } from '../support/otlp-receiver.ts';
import { openShop, type Shop } from '../support/shop.ts';

const query = '{ topProducts(first: 1) { name } }';
const patience = { timeout: 30_000, interval: 50 };

function shopFor(url: string, more = ''): Promise<Shop> {
  return openShop({
    settings: `
traces: { sampleRatio: 1, otlp: { url: "${url}", intervalMs: 20, timeoutMs: 500${more} } }
metrics: { port: 0 }
`,
  });
}

async function dropped({ metricsUrl }: Shop, reason: string): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  const match = new RegExp(`^gateway_spans_dropped_total\\{reason="${reason}"\\} (\\d+)`, 'm').exec(text);
  return Number(match?.[1] ?? 0);
}

async function answersAll(shop: Shop, requests: number): Promise<void> {
  for (let i = 0; i < requests; i += 1) expect((await shop.query(query)).status).toBe(200);
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

it('no receiver', async () => {
  const shop = await shopFor(`http://127.0.0.1:${await closedPort()}`);
  onTestFinished(() => shop.close());
  await answersAll(shop, 20);
  await expect.poll(() => dropped(shop, 'export failed'), patience).toBeGreaterThanOrEqual(20);
});

it('a receiver that never answers: the queue is full, what is too much is dropped, and the end does not wait for it', async () => {
  const receiver = await otlpReceiver();
  onTestFinished(() => receiver.close());
  receiver.behaviour = 'never';
  const shop = await shopFor(receiver.url, ', queueSpansMax: 40, batchSpansMax: 20');
  await answersAll(shop, 40);
  const full = await dropped(shop, 'queue full');
  const startedAtMs = performance.now();
  await shop.close();
  const endedInMs = performance.now() - startedAtMs;
  console.log(`${full} spans had no room; the gateway ended in ${Math.round(endedInMs)} ms`);
  expect(full).toBeGreaterThan(0);
  expect(receiver.exports()).toBeGreaterThan(0);
  // The flush has 2 s.
  expect(endedInMs).toBeLessThan(15_000);
});

it('a receiver that refuses: what it refused is counted, and the next export is tried', async () => {
  const receiver = await otlpReceiver();
  onTestFinished(() => receiver.close());
  receiver.behaviour = 400;
  const shop = await shopFor(receiver.url);
  onTestFinished(() => shop.close());
  await answersAll(shop, 3);
  await expect.poll(() => dropped(shop, 'export failed'), patience).toBeGreaterThan(0);
  receiver.behaviour = 200;
  await shop.query(`query Later ${query}`);
  const spans = await receiver.trace(({ attributes }) => attributes['graphql.operation.name'] === 'Later');
  expect(spans.length).toBeGreaterThan(5);
});

it('the spans of the last requests come, although the gateway ends', async () => {
  const receiver = await otlpReceiver();
  onTestFinished(() => receiver.close());
  const shop = await openShop({
    settings: `traces: { sampleRatio: 1, otlp: { url: "${receiver.url}", intervalMs: 60000 } }\n`,
  });
  await shop.query(`query Last ${query}`);
  expect(receiver.exports()).toBe(0);
  await shop.close();
  const spans = await receiver.trace(({ attributes }) => attributes['graphql.operation.name'] === 'Last');
  expect(spans.length).toBeGreaterThan(5);
});
