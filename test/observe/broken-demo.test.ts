/** In the broken demo every alert fires in a real Prometheus, and every panel and every expression of the page shows data. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';

import { type TlsClient, tlsClient } from '../support/ask-tls.ts';
import { asked, expressionsOfPage, readDashboards } from '../support/panels.ts';
import { childrenOf } from '../support/processes.ts';
import { deployFolder, type Prometheus, startPrometheus } from '../support/prometheus.ts';
import { connectTo } from '../support/raw-http.ts';
import {
  breakClient,
  breakKeys,
  brokenDemo,
  orphanedToken,
  workers,
  type BrokenDemo,
} from './support/broken-demo.ts';

const patience = { timeout: 90_000, interval: 300 };
const slowClients = 24;

it('every alert fires, and every panel has data', async () => {
  const demo = await brokenDemo();
  const prometheus = await startPrometheus([demo.metricsTarget]);
  onTestFinished(() => prometheus.close());
  const fired = new Map<string, string>();
  const note = async (): Promise<readonly string[]> => {
    for (const { labels, annotations } of await prometheus.firing())
      fired.set(labels['alertname'] ?? '', annotations['summary'] ?? '');
    return [...fired.keys()].toSorted();
  };
  // What expires is about to do so from the start; all else is well.
  await expect
    .poll(async () => new Set((await prometheus.firing()).map(({ labels }) => labels['alertname'])), patience)
    .toEqual(new Set(['ApiKeyExpiresSoon', 'CertificateExpiresSoon']));
  const alerts = await alertsOfRules();

  // Some alerts end before others begin.
  const watch = setInterval(() => void note().catch(() => {}), 500);
  onTestFinished(() => clearInterval(watch));
  // Before the load: a connection on its way to a worker that is killed gets no answer.
  await killWorkers(demo);
  const load = startLoad(demo);
  await breakEverything(demo, load);
  await expect.poll(note, patience).toEqual(alerts.filter((alert) => alert !== 'GatewayDown'));
  await expect.poll(() => emptyExpressions(prometheus), patience).toEqual([]);
  load.end();

  demo.running.child.kill('SIGKILL');
  await expect.poll(note, patience).toEqual(alerts);
  console.log([...fired].map(([alert, summary]) => `${alert}: ${summary}`).join('\n'));
  expect([...fired.values()].filter((summary) => summary.includes('<'))).toEqual([]);
});

async function alertsOfRules(): Promise<readonly string[]> {
  const { groups } = parse(await readFile(join(deployFolder, 'prometheus/rules.yml'), 'utf8')) as {
    readonly groups: ReadonlyArray<{ readonly rules: ReadonlyArray<{ readonly alert: string }> }>;
  };
  return [...new Set(groups.flatMap(({ rules }) => rules.map(({ alert }) => alert)))].toSorted();
}

async function breakEverything(demo: BrokenDemo, load: Load): Promise<void> {
  demo.mocks.service('users').faults.set({ down: true });
  // Everything is fast until here, so that some operations are planned in time.
  await expect.poll(() => load.answered, patience).toBeGreaterThan(0);
  demo.mocks.service('products').faults.set({ latencyMs: 1200, jitterMs: 400 });
  await Promise.all([demo.redis.kill(), breakClient(demo)]);
  for (let i = 0; i < workers * 100; i += 1) {
    const socket = connectTo(demo.url.replace('https:', 'http:'));
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
  }
  // They still know what was on disk, which would keep others from starting.
  await breakKeys(demo);
}

/** Done when their successors serve. */
async function killWorkers({ running }: BrokenDemo): Promise<void> {
  const pids = await childrenOf(running.child.pid ?? 0);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await running.printed(new RegExp(`(?:"msg":"worker started"[^]*){${2 * workers}}`));
}

interface Load {
  answered: number;
  end(): void;
}

/** Until it ends. What fails is what this is about. */
function startLoad(demo: BrokenDemo): Load {
  const { url, ca, keys } = demo;
  const load = { answered: 0, isOver: false, end: () => void (load.isOver = true) };
  const [web, partner] = ['web', 'partner'].map((name) => ({ 'x-api-key': keys.get(name) ?? '' }));
  const repeat = async (
    everyMs: number,
    once: (client: TlsClient, n: number) => Promise<unknown>,
  ): Promise<void> => {
    const client = tlsClient(url, { ca, keepAlive: true });
    for (let n = 0; !load.isOver; n += 1) {
      await once(client, n).then(
        () => (load.answered += 1),
        () => {},
      );
      await sleep(everyMs);
    }
  };
  for (let i = 0; i < slowClients; i += 1)
    void repeat(50, (client) => client.ask(`query Slow { product(upc: "p${i % 4}") { name } }`, web));
  void repeat(100, (client) => client.ask('query Partner { __typename }', partner));
  void repeat(50, (client) => client.ask('query User { user(id: "u1") { name } }'));
  void repeat(100, (client) =>
    client.ask('{ product(upc: "p1") { name } }', { authorization: `Bearer ${orphanedToken}` }),
  );
  void repeat(200, (client) => client.ask('query Top { topProducts { name } }'));
  for (let i = 0; i < 4; i += 1)
    void repeat(50, (client, n) => client.ask(`query Huge { ${huge(`a${i}_${n}`)} }`));
  void repeat(50, () => stopForAMoment(demo));
  return load;
}

/** Takes longer to plan than it may. */
function huge(seed: string): string {
  const selection = '{ name reviews { author { name orders { items { product { name inStock } } } } } }';
  return Array.from({ length: 100 }, (_, i) => `${seed}_${i}: product(upc: "p1") ${selection}`).join(' ');
}

/** As on a machine that has too much to do. */
async function stopForAMoment({ running }: BrokenDemo): Promise<void> {
  const [pid] = await childrenOf(running.child.pid ?? 0);
  if (pid === undefined) return;
  process.kill(pid, 'SIGSTOP');
  try {
    await sleep(300);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

async function emptyExpressions(prometheus: Prometheus): Promise<readonly string[]> {
  const panels = (await readDashboards()).flatMap((dashboard) => dashboard.panels);
  const expressions = [
    ...panels.flatMap(({ name, expressions: own }) =>
      own.map((one) => ({ name, expression: asked(one, '30s') })),
    ),
    ...(await expressionsOfPage()).map((one) => ({
      name: 'page',
      expression: one.replaceAll(/\[\d+m\]/g, '[30s]'),
    })),
  ];
  expect(expressions.length).toBeGreaterThan(80);
  const found = await Promise.all(
    expressions.map(async ({ name, expression }) => {
      const series = await prometheus.query(expression);
      return series.some(({ value }) => Number.isFinite(value)) ? [] : [`${name}: ${expression}`];
    }),
  );
  return found.flat();
}
