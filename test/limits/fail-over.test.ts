/** Fail-overs under load: no request fails, few wait, and what was counted stays counted, whatever the new clock says. */

import { describe, expect, it } from 'vitest';

import { checkOf, ruleOf } from '../support/limits.ts';
import { sentinelFailOver, shardFailOver } from './support/fail-overs.ts';
import { startLimiterProcesses } from './support/limiter-processes.ts';
import { expectBounds, undergo } from './support/losing-redis.ts';
import { isSoak, keyOf } from './support/outage.ts';

const shardHows = isSoak ? (['kill', 'stop', 'command'] as const) : (['kill', 'stop'] as const);
const sentinelHows = isSoak ? (['kill', 'stop', 'command'] as const) : (['kill'] as const);

describe('no request fails, few wait, and counters stay within their bounds', () => {
  it.each(shardHows)('while a shard of a cluster fails over: %s', async (how) => {
    const outage = await shardFailOver(how);
    expectBounds(outage, await undergo(`cluster, ${how}`, outage));
  });

  it.each(sentinelHows)('while Sentinel fails over: %s', async (how) => {
    const outage = await sentinelFailOver(how);
    expectBounds(outage, await undergo(`Sentinel, ${how}`, outage));
  });
});

describe('after a fail-over to a replica whose clock is a minute behind', () => {
  const limit = 100;
  const patient = { commandTimeoutMs: 20_000, startTimeoutMs: 20_000 };
  const timeoutMs = 100_000;
  /** More than the rest of the limit, of each of two processes. */
  const calls = 100;
  /** Longer than the fail-over takes; the minute is more than 11 of its buckets. */
  const shortWindowMs = 50_000;
  /** All of them have room for what is counted, for as long as the test takes. */
  const rules = [
    ruleOf({ policy: 'minute', limit, windowMs: 60_000 }),
    ruleOf({ policy: 'hour', limit, windowMs: 3_600_000 }),
    ruleOf({ policy: 'smooth', algorithm: 'gcra', limit: 1, windowMs: 3_600_000, burst: limit }),
  ];

  it('no window opens a second time', async () => {
    const outage = await sentinelFailOver('kill', { replicaClockBehindSeconds: 60 });
    const redis = { ...outage.redis, ...patient };
    const before = await startLimiterProcesses({ redis, count: 2, timeoutMs });
    for (const rule of rules) {
      const checks = [checkOf(rule, { key: keyOf(rule.policy) })];
      expect(await before.burst(checks, limit / 4)).toBe(limit / 2);
    }
    await outage.replicated();
    await outage.happen();
    // They remember nothing.
    const after = await startLimiterProcesses({ redis, count: 2, timeoutMs });
    for (const rule of rules) {
      const checks = [checkOf(rule, { key: keyOf(rule.policy) })];
      expect(await after.burst(checks, calls)).toBe(limit / 2);
    }
  });

  it('nor one that is so short that the new clock is before all of it', async () => {
    const rule = ruleOf({ policy: 'short', limit, windowMs: shortWindowMs });
    const checks = [checkOf(rule, { key: keyOf('short') })];
    const outage = await sentinelFailOver('kill', { replicaClockBehindSeconds: 60 });
    const redis = { ...outage.redis, ...patient };
    const before = await startLimiterProcesses({ redis, count: 1, timeoutMs });
    const startedAtMs = performance.now();
    expect(await before.burst(checks, limit)).toBe(limit);
    await outage.replicated();
    await outage.happen();
    const after = await startLimiterProcesses({ redis, count: 2, timeoutMs });
    const admitted = await after.burst(checks, calls);
    // The test was in time.
    expect(performance.now() - startedAtMs).toBeLessThan(shortWindowMs);
    expect(admitted).toBe(0);
  });
});
