/** `tributary limits` as operators run it: on one server, on a cluster, and where there is nothing to see. */

import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { ownerOf } from '../../src/limits/keys.ts';
import { folderWith } from '../support/folder.ts';
import { checkOf, ruleOf } from '../support/limits.ts';
import { ownRedis } from '../support/own-redis.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { runTributary, type Ended } from '../support/tributary.ts';
import { startLimiterProcesses } from './support/limiter-processes.ts';
import { keyOf } from './support/outage.ts';

const patient = { commandTimeoutMs: 20_000, startTimeoutMs: 20_000 };
const timeoutMs = 100_000;

const run = (...args: string[]): Promise<Ended> => runTributary(['limits', ...args]);

async function configFile(text: string): Promise<string> {
  return join(await folderWith({ 'gateway.yaml': text }), 'gateway.yaml');
}

/** Uses 3 of `tier`, twice 2 of `daily`, and 5 of another client. */
async function useSome(redis: object): Promise<() => Promise<number>> {
  const processes = await startLimiterProcesses({ redis: { ...redis, ...patient }, count: 1, timeoutMs });
  const tier = ruleOf({ policy: 'tier', limit: 3, windowMs: 60_000 });
  const daily = ruleOf({ policy: 'daily', limit: 100, windowMs: 86_400_000 });
  const [owner, other] = [ownerOf('web'), ownerOf('other')];
  const ofTier = [checkOf(tier, { key: keyOf('user'), owner })];
  expect(await processes.burst(ofTier, 10)).toBe(3);
  for (const key of ['ada', 'bob'])
    await processes.burst([checkOf(daily, { key: keyOf(key), owner, cost: 2 })], 1);
  await processes.burst([checkOf(daily, { key: keyOf('eve'), owner: other, cost: 5 })], 1);
  return () => processes.burst(ofTier, 10);
}

describe.each([
  ['one server', async () => ({ url: (await ownRedis()).url })],
  ['a cluster', ownCluster],
])('counters in %s', (_where, start) => {
  it('are shown, and reset for a client that asked in vain', async () => {
    const redis = await start();
    const askAgain = await useSome(redis);
    const config = await configFile(`redis: ${JSON.stringify(redis)}\n`);
    const shown = await run('show', '--client', 'web', '--config', config);
    expect(shown.stderr).toBe('');
    expect(shown.stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['POLICY', 'KEY', 'WINDOW', 'USED', 'RESETS IN'],
      ['daily', keyOf('ada'), '1d', '2', expect.stringMatching(/^\d+[dh]/)],
      ['daily', keyOf('bob'), '1d', '2', expect.stringMatching(/^\d+[dh]/)],
      ['tier', keyOf('user'), '1m', '3', expect.stringMatching(/^(1m( \d+s)?|\d+s)$/)],
      [''],
    ]);
    const json = await run('show', '--client', 'web', '--config', config, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject([
      { policy: 'daily', key: keyOf('ada'), used: 2 },
      { policy: 'daily', key: keyOf('bob'), used: 2 },
      { policy: 'tier', algorithm: 'window', windowMs: 60_000, used: 3 },
    ]);

    expect(await askAgain()).toBe(0);
    const reset = await run('reset', '--client', 'web', '--config', config);
    expect(reset).toEqual({ code: 0, stdout: 'Deleted 3 counters of client web.\n', stderr: '' });
    await expect.poll(askAgain, { interval: 100 }).toBe(3);

    const other = await run('show', '--client', 'other', '--config', config);
    expect(other.stdout).toMatch(/daily +eveA+ +1d +5 /);
  });
});

it('says what it has not found, and what it has not deleted', async () => {
  const { url } = await ownRedis();
  const shown = await run('show', '--client', 'web', '--redis', url);
  expect(shown).toEqual({ code: 0, stdout: 'Client web has no counters.\n', stderr: '' });
  const reset = await run('reset', '--client', 'web', '--redis', url, '--json');
  expect(JSON.parse(reset.stdout)).toEqual({ client: 'web', deleted: 0 });
});

describe('one line says why there is nothing to show', () => {
  it.each([
    [
      'server: { port: 0 }\n',
      'A restart of the gateway resets them; to count them in Redis, configure redis',
    ],
    [
      'redis: { url: redis://127.0.0.1:1 }\nlimits: { store: memory }\n',
      'to count them in Redis, remove limits.store: memory',
    ],
    ['redis: { url: "redis://:secret@127.0.0.1:1" }\n', 'Redis at redis://127.0.0.1:1 is unavailable'],
    ['redis: { cluster: ["redis://:secret@127.0.0.1:1"] }\n', 'Redis at redis://127.0.0.1:1 is unavailable'],
  ])('%j', async (text, line) => {
    const ended = await run('show', '--client', 'web', '--config', await configFile(text));
    expect(ended.stderr).toContain(line);
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
    expect(ended.stderr).not.toContain('secret');
    expect(ended.code).toBe(1);
  });

  it.each([
    [[], 'expected one of: show, reset'],
    [['drop'], 'expected one of: show, reset'],
    [['show', '--redis', 'redis://a'], 'show needs --client NAME'],
    [['reset', '--client', 'web'], 'exactly one of --config FILE and --redis URL is required'],
    [['show', '--client', 'web', '--redis', 'http://a'], '--redis must be redis://HOST:PORT'],
  ])('%j', async (args, line) => {
    const ended = await run(...args);
    expect(ended.stderr).toContain(line);
    expect(ended.code).toBe(2);
  });
});

async function ownCluster() {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster.close());
  return { cluster: cluster.urls };
}
