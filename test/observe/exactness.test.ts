/** What a load counted of its own answers is what the metrics say, also where a process is killed meanwhile. */

import { setTimeout as sleep } from 'node:timers/promises';

import { expect, it, onTestFinished } from 'vitest';

import { asked, readDashboards } from '../support/panels.ts';
import { childrenOf } from '../support/processes.ts';
import { type Prometheus, promtool, startPrometheus } from '../support/prometheus.ts';
import {
  type Asked,
  CountedLoad,
  type Counts,
  fallen,
  grouped,
  keysOfClients,
  scrape,
  scrapeText,
  total,
} from './support/counted-load.ts';
import { type MeasuredDemo, measuredDemo } from './support/measured-demo.ts';

const patience = { timeout: 60_000, interval: 200 };
const workerIntervalMs = 500;

/** Each with an answer of another kind. */
const questions: readonly Asked[] = [
  {
    client: 'web',
    version: '1.0',
    operation: 'Product',
    query: 'query Product { product(upc: "p1") { name price } }',
  },
  {
    client: 'web',
    version: '1.1',
    operation: 'Product',
    query: 'query Product { product(upc: "p1") { name price } }',
  },
  { client: 'mobile', operation: 'Name', query: 'query Name { product(upc: "p2") { name } }' },
  // More often than its tier admits.
  { client: 'partner', operation: 'Catalogue', query: 'query Catalogue { products(first: 2) { name } }' },
  {
    client: null,
    operation: '',
    query: '{ orderDetails(orderId: "o1") { order { status } user { name } } }',
  },
  { client: null, operation: 'User', query: 'query User { user(id: "u1") { name } }' },
  { client: null, operation: 'Reviews', query: 'query Reviews { product(upc: "p3") { reviews { body } } }' },
  { client: 'web', operation: 'Wrong', query: 'query Wrong { nothing }' },
  { client: 'mobile', operation: 'Broken', query: 'query Broken {' },
];

function breakServices({ mocks }: MeasuredDemo): Promise<unknown> {
  return Promise.all([
    putFaults(mocks.service('users').controlUrl, { down: true }),
    putFaults(mocks.service('reviews').controlUrl, { errorRate: 0.5, status: 500 }),
  ]);
}

async function putFaults(controlUrl: string, fault: object): Promise<void> {
  const { status } = await fetch(`${controlUrl}/faults`, { method: 'PUT', body: JSON.stringify(fault) });
  expect(status).toBe(200);
}

async function sendAll(load: CountedLoad, times: number, lanes: number): Promise<number> {
  let [sent, lost] = [0, 0];
  const lane = async (): Promise<void> => {
    while (sent < times * questions.length) {
      const question = questions[sent++ % questions.length] as Asked;
      // The process that had it was killed.
      await load.send(question).catch(() => (lost += 1));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return lost;
}

it('one process: each status, client, version, operation, code and service, exactly', async () => {
  const demo = await measuredDemo('metrics: { port: 0 }\n');
  const prometheus = await startPrometheus([new URL(demo.metricsUrl).host]);
  onTestFinished(() => prometheus.close());
  const load = new CountedLoad(demo.url, await keysOfClients());
  await breakServices(demo);
  await sendAll(load, 20, 8);
  await expect.poll(() => scrape(demo.metricsUrl), patience).toEqual(load.counts);
  // Prometheus sees only what a counter gains after it was there.
  await expect.poll(() => seen(prometheus), patience).toBe(total(load.counts, 'gateway_requests_total'));
  const before = new Map(load.counts);

  expect(await sendAll(load, 130, 8)).toBe(0);
  await expect.poll(() => scrape(demo.metricsUrl), patience).toEqual(load.counts);
  const errors = grouped(load.counts, 'gateway_errors_total', ['code', 'service']);
  console.log(Object.fromEntries(errors));
  const kinds = ['RATE_LIMITED ', 'UNAUTHENTICATED ', 'GRAPHQL_PARSE_FAILED ', 'SERVICE_UNAVAILABLE users'];
  expect([...errors.keys()]).toEqual(expect.arrayContaining(kinds));

  const products = /service_requests_total\{service="products",outcome="answered"\} (\d+)/;
  const text = await scrapeText(demo.metricsUrl);
  expect(Number(products.exec(text)?.[1])).toBe(demo.mocks.service('products').calls.total);
  expect(await promtool(['check', 'metrics'], text)).toBe('');
  await expect.poll(() => seen(prometheus), patience).toBe(total(load.counts, 'gateway_requests_total'));
  await expectPanels(prometheus, before, load.counts);
});

async function seen(prometheus: Prometheus): Promise<number | undefined> {
  return (await prometheus.query('sum(gateway_requests_total{route="/graphql"})'))[0]?.value;
}

/** What Prometheus calculates of samples is an estimate, so a tenth may be missing or too much. */
async function expectPanels(prometheus: Prometheus, before: Counts, after: Counts): Promise<void> {
  const panels = (await readDashboards()).flatMap((dashboard) => dashboard.panels);
  const compared = [
    ['overview: Requests by outcome', 'gateway_client_requests_total', 'outcome'],
    ['overview: HTTP status', 'gateway_requests_total', 'status_code'],
    ['overview: Errors by code', 'gateway_errors_total', 'code'],
    ['clients: Requests by client', 'gateway_client_requests_total', 'client'],
    ['clients: Operations that are called most', 'gateway_operations_total', 'operation'],
    ['clients: Refused by limits', 'gateway_rate_limit_exceeded_total', 'client_id'],
  ] as const;
  for (const [name, metric, label] of compared) {
    const expression = panels.find((panel) => panel.name === name)?.expressions[0] ?? '';
    const shown = await prometheus.query(asked(expression, '120s'));
    const counted = grouped(after, metric, [label]);
    for (const [value, added] of grouped(addedTo(before, after), metric, [label])) {
      const count = counted.get(value) ?? 0;
      const perSecond = shown
        .filter(({ metric: labels }) => (labels[label] ?? '') === value)
        .reduce((sum, { value: one }) => sum + one, 0);
      expect(perSecond * 120, `${name} ${value}`).toBeGreaterThan(added * 0.9 - 3);
      expect(perSecond * 120, `${name} ${value}`).toBeLessThan(count * 1.2 + 3);
    }
  }
}

/** Of series that were there: what others had when they were first read is no increase to Prometheus. */
function addedTo(before: Counts, after: Counts): Counts {
  return new Map([...before].map(([series, count]) => [series, (after.get(series) ?? 0) - count]));
}

it('four processes of which one is killed: all but its last interval, and no sum goes down', async () => {
  const settings = `metrics: { port: 0, workerIntervalMs: ${workerIntervalMs} }\n`;
  const demo = await measuredDemo(settings, ['--workers', '4']);
  const load = new CountedLoad(demo.url, await keysOfClients());
  const lanes = 12;
  const falls: string[] = [];
  let [before, isOver] = [await scrape(demo.metricsUrl), false];
  const watching = (async () => {
    while (!isOver) {
      const now = await scrape(demo.metricsUrl);
      falls.push(...fallen(before, now));
      before = now;
      await sleep(100);
    }
  })();
  await breakServices(demo);
  const sending = sendAll(load, 200, lanes);
  const answered = (): number => total(load.counts, 'gateway_requests_total');
  await expect.poll(answered, patience).toBeGreaterThan(600);
  const [victim = 0] = await childrenOf(demo.running.child.pid ?? 0);
  const answeredAt: number[] = [];
  const note = setInterval(() => answeredAt.push(answered()), 50);
  await sleep(2 * workerIntervalMs);
  clearInterval(note);
  process.kill(victim, 'SIGKILL');
  const lost = await sending;
  await sleep(2 * workerIntervalMs);
  const told = total(await scrape(demo.metricsUrl), 'gateway_requests_total');
  isOver = true;
  await watching;
  const ofLastInterval = (answeredAt.at(-1) ?? 0) - (answeredAt[0] ?? 0);
  const missing = answered() - told;
  console.log(
    `${answered()} answers, ${lost} requests lost with the process, ${missing} answers not counted; all processes gave ${ofLastInterval} in the 2 intervals before`,
  );
  expect(falls).toEqual([]);
  expect(missing).toBeLessThanOrEqual(ofLastInterval);
  // Answers that were counted, and did not arrive any more.
  expect(missing).toBeGreaterThanOrEqual(-lanes);
});
