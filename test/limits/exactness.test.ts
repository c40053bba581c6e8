/** Four processes with eight connections each count together: exactly the limit, whatever the servers are. */

import { describe, expect, it, onTestFinished } from 'vitest';

import type { LimitRule } from '../../src/limits/check.ts';
import { checkOf, ruleOf } from '../support/limits.ts';
import { ownRedis } from '../support/own-redis.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { startSentinelSet } from '../support/redis-sentinel.ts';
import { startLimiterProcesses } from './support/limiter-processes.ts';

const processCount = 4;
const connections = 8;
const callsPerProcess = 100;
const limit = 100;
const rounds = 5;
/** A busy machine is no lost Redis. */
const patient = { commandTimeoutMs: 20_000, startTimeoutMs: 20_000 };
const timeoutMs = 100_000;

const rules: ReadonlyArray<readonly [string, LimitRule]> = [
  ['window', ruleOf({ limit, windowMs: 3_600_000 })],
  ['gcra', ruleOf({ algorithm: 'gcra', limit: 1, windowMs: 3_600_000, burst: limit })],
];

const keyOf = (name: string, round: number): string => `${name}${round}`.padEnd(22, 'A');

describe('400 concurrent calls of 4 processes with 8 connections each admit exactly the limit', () => {
  it.each([
    ['on one server', async () => ({ url: (await ownRedis()).url })],
    ['on a cluster', async () => ({ cluster: (await ownCluster()).urls })],
    ['through Sentinel', ownSentinel],
  ] as const)('%s', async (_servers, settings) => {
    const redis = { ...(await settings()), ...patient };
    const processes = await startLimiterProcesses({ redis, count: processCount, connections, timeoutMs });
    for (const [name, rule] of rules) {
      for (let round = 0; round < rounds; round += 1) {
        const checks = [checkOf(rule, { key: keyOf(name, round) })];
        expect(await processes.burst(checks, callsPerProcess)).toBe(limit);
      }
    }
  });
});

it('of a request with keys in several slots of a cluster none admits more than its limit, and refused requests use up nothing', async () => {
  const cluster = await ownCluster();
  const redis = { cluster: cluster.urls, ...patient };
  const processes = await startLimiterProcesses({ redis, count: processCount, connections, timeoutMs });
  const [wide, narrow] = [limit, limit / 2].map((units) =>
    ruleOf({ policy: `policy${units}`, limit: units, windowMs: 3_600_000 }),
  );
  if (!wide || !narrow) throw new Error('there are two rules');
  const both = [checkOf(wide, { key: keyOf('wide', 0) }), checkOf(narrow, { key: keyOf('narrow', 0) })];
  const first = await processes.burst(both, callsPerProcess);
  expect(first).toBeLessThanOrEqual(limit / 2);
  // What was given back can be used: by requests that the narrow one does not concern.
  let rest = 0;
  await expect
    .poll(async () => (rest += await processes.burst(both.slice(0, 1), 5)))
    .toBeGreaterThanOrEqual(limit - first);
  expect(first + rest).toBe(limit);
});

async function ownCluster() {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster.close());
  return cluster;
}

async function ownSentinel() {
  const set = await startSentinelSet();
  onTestFinished(() => set.close());
  return { sentinel: { name: set.name, addresses: set.sentinels.map(({ url }) => url) } };
}
