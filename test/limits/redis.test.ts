/** The limits that processes share in a real Redis: small, cheap for whoever is refused, and leased where they are global. */

import { setTimeout as delay } from 'node:timers/promises';

import { describe, expect, it, onTestFinished } from 'vitest';

import { counterName } from '../../src/limits/counters/counter-name.ts';
import { deleteCounters, listCounters } from '../../src/limits/shared/stored-counters.ts';
import { checkOf, ruleOf } from '../support/limits.ts';
import { ownRedis } from '../support/own-redis.ts';
import { openSharedLimits, type SharedLimits, type SharedLimitsOptions } from './support/shared-limits.ts';

async function opened(options: SharedLimitsOptions): Promise<SharedLimits> {
  const limits = await openSharedLimits(options);
  onTestFinished(() => limits.close());
  return limits;
}

it('100,000 refused requests neither grow a key nor reach Redis', async () => {
  const redis = await ownRedis();
  const { limiter, store, changes } = await opened({ url: redis.url });
  const checks = [checkOf(ruleOf({ limit: 5, windowMs: 3_600_000 }), { key: 'flood', owner: 'abcdef' })];
  const name = store.key(counterName(checks[0] ?? checkOf(ruleOf())));
  const bytes = (): Promise<number | null> => store.run((commands) => commands.memory('USAGE', name));
  // Each call of `take` reads the one counter; each probe reads a number, and adds this process to a set.
  const calls = async (): Promise<number> => {
    const stats = await redis.tell('INFO commandstats');
    const times = (command: string): number =>
      Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    return times('get') - times('zadd');
  };
  for (let times = 0; times < 5; times += 1) await limiter.take(checks);
  const before = { bytes: await bytes(), calls: await calls() };
  expect(before.calls).toBe(5);
  let refused = 0;
  for (let times = 0; times < 100_000; times += 1) {
    const decision = await limiter.take(checks);
    if (!decision.isAllowed) refused += 1;
  }
  const after = { bytes: await bytes(), calls: await calls() };
  console.log(`100,000 refused: ${before.bytes} -> ${after.bytes} bytes, ${after.calls - 5} call to Redis`);
  expect(refused).toBe(100_000);
  expect(after.bytes).toBe(before.bytes);
  expect(after.bytes).toBeLessThanOrEqual(200);
  expect(after.calls - 5).toBe(1);
  expect(changes).toEqual([]);
});

describe('over real time', () => {
  it('a window admits no more than the limit, and as much as one of 1.1 times its length would', async () => {
    const redis = await ownRedis();
    const { limiter, changes } = await opened({ url: redis.url });
    const rule = ruleOf({ limit: 100, windowMs: 500 });
    const windows = 8;
    const uses: Array<{ readonly sentAtMs: number; readonly knownAtMs: number }> = [];
    const sent: number[] = [];
    const startedAtMs = performance.now();
    let offered = 0;
    while (performance.now() - startedAtMs < windows * rule.windowMs) {
      const due = ((performance.now() - startedAtMs) / rule.windowMs) * 2 * rule.limit;
      const asked = [];
      for (; offered < due; offered += 1) {
        const sentAtMs = performance.now();
        sent.push(sentAtMs);
        const use = async (): Promise<void> => {
          const { isAllowed } = await limiter.take([checkOf(rule)]);
          if (isAllowed) uses.push({ sentAtMs, knownAtMs: performance.now() });
        };
        asked.push(use());
      }
      await Promise.all(asked);
      await delay(1);
    }
    // Redis counted each of them at some time between the two.
    const most = uses.map(
      ({ sentAtMs }) =>
        uses.filter((one) => one.sentAtMs >= sentAtMs && one.knownAtMs < sentAtMs + rule.windowMs).length,
    );
    // On a busy machine fewer ask in one window, and more in another.
    const least = admittedBy(1.1 * rule.windowMs, rule.limit, sent);
    const mostInWindow = Math.max(...most);
    console.log(
      `${uses.length} admitted, of ${least} that must be, at most ${mostInWindow} in any window of 100`,
    );
    expect(mostInWindow).toBeLessThanOrEqual(rule.limit);
    expect(uses.length).toBeGreaterThanOrEqual(0.98 * least);
    expect(changes).toEqual([]);
  });
});

/** How many of these a window admits that is exact. */
function admittedBy(windowMs: number, limit: number, times: readonly number[]): number {
  const admitted: number[] = [];
  for (const time of times) {
    const oldest = admitted.at(-limit);
    if (oldest === undefined || oldest <= time - windowMs) admitted.push(time);
  }
  return admitted.length;
}

it('a late turn of the event loop is not taken for a slow Redis', async () => {
  const redis = await ownRedis();
  const { limiter, changes } = await opened({ url: redis.url, commandTimeoutMs: 50 });
  const check = checkOf(ruleOf({ limit: 1_000_000, windowMs: 3_600_000 }));
  await expect.poll(async () => countedBy(await limiter.take([check]))).toBe('store');
  for (let times = 0; times < 5; times += 1) {
    changes.length = 0;
    const waiting = Array.from({ length: 50 }, async () => limiter.take([check]));
    // The call has been sent when this process is busy.
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    const untilMs = performance.now() + 150;
    while (performance.now() < untilMs);
    const counted = (await Promise.all(waiting)).map(countedBy);
    expect([...new Set(counted)]).toEqual(['store']);
    expect(changes).toEqual([]);
  }
});

describe('leases of a global limit', () => {
  it('spare Redis most calls, and admit exactly the limit over several processes', async () => {
    const redis = await ownRedis();
    const all = await Promise.all(Array.from({ length: 4 }, () => opened({ url: redis.url })));
    const rule = ruleOf({ policy: 'all', limit: 2000, windowMs: 3_600_000, isGlobal: true });
    // Until each knows that there are four.
    await expect.poll(() => redis.tell('ZCARD limits-test:rl:{processes}'), { interval: 100 }).toMatch(/^:4/);
    let admitted = 0;
    let refusals = 0;
    while (refusals < 400) {
      const decisions = await Promise.all(all.map(async ({ limiter }) => limiter.take([checkOf(rule)])));
      for (const { isAllowed } of decisions) {
        if (isAllowed) admitted += 1;
        else refusals += 1;
      }
    }
    // Others may hold what they have leased for another second.
    expect(admitted).toBeGreaterThan(2000 * 0.9);
    expect(admitted).toBeLessThanOrEqual(2000);
    const stats = await redis.tell('INFO commandstats');
    const calls = Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
    console.log(`leases: ${admitted} of 2000 admitted with ${calls} calls`);
    expect(calls).toBeLessThan(admitted / 4);
    expect(all.flatMap(({ changes }) => changes)).toEqual([]);
  });
});

it('the counters of a client can be listed, and deleted', async () => {
  const redis = await ownRedis();
  const { limiter, store } = await opened({ url: redis.url });
  const owner = 'abc-_1';
  const rules = {
    tier: ruleOf({ policy: 'tier', limit: 7, windowMs: 60_000 }),
    day: ruleOf({ policy: 'w60000', limit: 100_000_000, windowMs: 86_400_000 }),
    burst: ruleOf({ policy: 'burst', algorithm: 'gcra', limit: 10, burst: 9, windowMs: 600_000 }),
  };
  const checks = [
    checkOf(rules.tier, { owner, cost: 7, key: 'first' }),
    checkOf(rules.day, { owner, cost: 7_000_000, key: 'second' }),
    checkOf(rules.burst, { owner, cost: 3, key: 'third' }),
  ];
  const others = Array.from({ length: 3000 }, (_, index) =>
    checkOf(rules.tier, { owner: index % 2 === 0 ? 'abc-_2' : null, key: `other${index}` }),
  );
  await Promise.all([checks, ...others.map((check) => [check])].map(async (asked) => limiter.take(asked)));
  const again = await limiter.take(checks.slice(0, 1));
  expect(again.isAllowed).toBe(false);
  const progress: number[] = [];
  const counters = await listCounters(store, { owner, onProgress: (keys) => progress.push(keys) });
  const byPolicy = counters.toSorted((a, b) => a.policy.localeCompare(b.policy));
  expect(byPolicy).toEqual([
    {
      policy: 'burst',
      key: 'third',
      algorithm: 'gcra',
      windowMs: 600_000,
      used: 3,
      resetMs: expect.any(Number),
    },
    {
      policy: 'tier',
      key: 'first',
      algorithm: 'window',
      windowMs: 60_000,
      used: 7,
      resetMs: expect.any(Number),
    },
    {
      policy: 'w60000',
      key: 'second',
      algorithm: 'window',
      windowMs: 86_400_000,
      used: 7_000_000,
      resetMs: expect.any(Number),
    },
  ]);
  expect(byPolicy[0]?.resetMs).toBeGreaterThan(150_000);
  expect(byPolicy[0]?.resetMs).toBeLessThanOrEqual(180_000);
  expect(progress.length).toBeGreaterThan(2);
  expect(await listCounters(store, { owner, countersMax: 2 })).toHaveLength(2);
  expect(await deleteCounters(store, { owner })).toBe(3);
  expect(await listCounters(store, { owner })).toEqual([]);
  expect(await listCounters(store, { owner: 'abc-_2' })).toHaveLength(1500);
  await expect.poll(async () => (await limiter.take(checks.slice(0, 1))).isAllowed).toBe(true);
});

function countedBy(decision: Awaited<ReturnType<SharedLimits['limiter']['take']>>): string {
  return decision.isAllowed ? (decision.charges[0]?.countedBy ?? 'nobody') : 'refused';
}
