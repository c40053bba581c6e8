/** The scripts that count in Redis and the counters in memory: one behaviour, step by step, with the same clock. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { redisSchema } from '../../src/config/gateway/redis.ts';
import type { Charge, LimitCheck, LimitRule } from '../../src/limits/check.ts';
import { counterName } from '../../src/limits/counters/counter-name.ts';
import type { CheckOutcome } from '../../src/limits/counters/decision.ts';
import { MemoryStore } from '../../src/limits/counters/memory-store.ts';
import { settleScript, takeScript } from '../../src/limits/shared/redis-scripts.ts';
import { RedisStore } from '../../src/limits/shared/redis-store.ts';
import { Events } from '../../src/shared/events.ts';
import { openStore } from '../../src/store/open-store.ts';
import { Script } from '../../src/store/script.ts';
import type { Store } from '../../src/store/store.ts';
import { checkOf, ruleOf } from '../support/limits.ts';
import { ownRedis } from '../support/own-redis.ts';
import { redisUrl } from '../support/redis.ts';

let store: Store;
let runs = 0;

beforeAll(async () => {
  const url = await redisUrl();
  const config = redisSchema.parse({ url, keyPrefix: 'scripts-test:', commandTimeoutMs: 5000 });
  store = await openStore(config, new Events());
});

afterAll(async () => {
  await store.run(async (redis) => {
    const keys = await redis.keys('scripts-test:*');
    if (keys.length > 0) await redis.del(...keys);
  });
  await store.close();
});

/** A RedisStore whose scripts get the time of these tests instead of asking Redis. */
function redisAt(nowUs: () => number, of = store): RedisStore {
  // The time of these tests stands still while Redis's own goes on.
  const kept = (text: string): Script => {
    const changed = text.replace('within(1, keptMs', 'within(600000, keptMs');
    expect(changed).not.toBe(text);
    return new Script(changed);
  };
  const scripts = new Map([
    [takeScript(), kept(takeScript('argument'))],
    [settleScript(), kept(settleScript('argument'))],
  ]);
  return new RedisStore({
    store: of,
    timeoutMs: 5000,
    processId: 'test',
    scriptOf(text) {
      const script = scripts.get(text) ?? new Script(text);
      return { run: (redis, keys, args) => script.run(redis, keys, [...args, nowUs()]) };
    },
  });
}

const windowMs = fc.constantFrom(1000, 60_000, 3_600_000, 2_592_000_000);
const rules: fc.Arbitrary<LimitRule[]> = fc
  .array(
    fc.record({
      algorithm: fc.constantFrom('window', 'gcra'),
      limit: fc.oneof(
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(300, 70_000, 16_777_300, 4_294_967_295),
      ),
      burst: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.constantFrom(1000, 4_294_967_295)),
      windowMs,
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((given) => given.map((rule, index) => ruleOf({ ...countable(rule), policy: `policy${index}` })));

/** With parts of units that are counted exactly: both round the same numbers, but not at the same times. */
function countable<Rule extends Pick<LimitRule, 'algorithm' | 'limit' | 'burst' | 'windowMs'>>(
  rule: Rule,
): Rule {
  if (rule.algorithm === 'window') return rule;
  const unitsMax = Math.floor(2 ** 52 / (rule.windowMs * 1000));
  return { ...rule, limit: Math.min(rule.limit, unitsMax), burst: Math.min(rule.burst, unitsMax) };
}

const check = fc.record({
  rule: fc.nat({ max: 3 }),
  key: fc.constantFrom('A', 'B'),
  cost: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 1, max: 6 }) },
    { weight: 1, arbitrary: fc.constantFrom(255, 256, 65_536, 16_777_215, 16_777_216, 4_294_967_295) },
  ),
  gate: fc.constantFrom(1, 2, 3),
  isReturned: fc.boolean(),
  isMeasured: fc.oneof(
    { weight: 4, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
});
const step = fc.record({
  /** In parts of the shortest window. */
  wait: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1.5, noNaN: true }), fc.constantFrom(0.1, 1, 1.1)),
  requests: fc.array(fc.array(check, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 }),
  /** Of what was used before: which, and by how much. */
  settle: fc.array(fc.tuple(fc.nat(), fc.integer({ min: -8, max: 8 })), { maxLength: 2 }),
});

it('both say the same of any sequence of requests and settlements', async () => {
  let compared = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(rules, fc.array(step, { minLength: 1, maxLength: 25 }), async (given, steps) => {
      runs += 1;
      let nowUs = 1_800_000_000_123_456;
      const memory = new MemoryStore({ keysMax: 1000, now: () => nowUs / 1000 });
      const redis = redisAt(() => nowUs);
      const charges: Charge[] = [];
      for (const { wait, requests, settle } of steps) {
        nowUs += Math.floor(wait * 60_000_000);
        const asked = requests.map((checks) =>
          checks
            .map(({ rule, key, ...rest }): LimitCheck => {
              const known = given[rule % given.length];
              if (!known) throw new Error('no rule');
              return checkOf(known, { ...rest, key: `${key}${runs}`, gate: rest.gate as 1 | 2 | 3 });
            })
            .toSorted((a, b) => a.gate - b.gate),
        );
        const expected: CheckOutcome[][] = asked.map((checks) => memory.take(checks));
        expect(await redis.take(asked)).toEqual(expected);
        compared += expected.flat().length;
        refused += expected.flat().filter(({ isExceeded }) => isExceeded).length;
        for (const [request, checks] of asked.entries())
          for (const [index, one] of checks.entries())
            charges.push({ check: one, bucket: expected[request]?.[index]?.bucket ?? 0, countedBy: 'store' });
        const changes = settle.flatMap(([which, units]) => {
          const charge = charges[which % charges.length];
          return charge ? [{ charge, units }] : [];
        });
        for (const { charge, units } of changes) memory.settle(charge, units);
        if (changes.length > 0) await redis.settle(changes);
      }
    }),
    { numRuns: 300 },
  );
  expect(compared).toBeGreaterThan(5000);
  expect(refused / compared).toBeGreaterThan(0.1);
  expect(refused / compared).toBeLessThan(0.9);
});

it('in a cluster, a request that a check in one slot refuses uses up the same as in memory', async () => {
  const node = await ownRedis(['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']);
  await node.tell('CLUSTER ADDSLOTSRANGE 0 16383');
  await expect.poll(() => node.tell('CLUSTER INFO')).toContain('cluster_state:ok');
  const config = redisSchema.parse({ cluster: [node.url], commandTimeoutMs: 5000, startTimeoutMs: 10_000 });
  const cluster = await openStore(config, new Events());
  onTestFinished(() => cluster.close());
  expect(cluster.isCluster).toBe(true);
  const rule = ruleOf({ limit: 6, windowMs: 60_000 });
  const one = fc.record({
    key: fc.constantFrom('A', 'B', 'C', 'D', 'E'),
    cost: fc.integer({ min: 1, max: 3 }),
    gate: fc.constantFrom(1 as const, 2 as const, 3 as const),
    isReturned: fc.boolean(),
    isMeasured: fc.constantFrom(false, false, false, true),
  });
  const request = fc.uniqueArray(one, { minLength: 1, maxLength: 5, selector: ({ key }) => key });
  // What is given back comes before the next request once the node knows the script.
  const charge = { check: checkOf(rule), bucket: 0, countedBy: 'store' } as const;
  await redisAt(() => 0, cluster).settle([{ charge, units: -1 }]);
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 5, maxLength: 12 }), async (requests) => {
      runs += 1;
      const nowUs = 1_800_000_000_123_456;
      const memory = new MemoryStore({ keysMax: 1000, now: () => nowUs / 1000 });
      const redis = redisAt(() => nowUs, cluster);
      for (const given of requests) {
        const checks = given
          .map((check) => checkOf(rule, { ...check, key: `${check.key}${runs}` }))
          .toSorted((a, b) => a.gate - b.gate);
        const expected = memory.take(checks);
        const [outcomes = []] = await redis.take([checks]);
        const isRefused = checks.some((check, index) => expected[index]?.isExceeded && !check.isMeasured);
        if (isRefused) refused += 1;
        // What is given back is not in the answer yet.
        const known = ({ retryAfterMs }: CheckOutcome): number => retryAfterMs;
        if (isRefused) expect(outcomes.map(known)).toEqual(expected.map(known));
        else expect(outcomes).toEqual(expected);
      }
    }),
    { numRuns: 60 },
  );
  expect(refused).toBeGreaterThan(50);
});

describe('a clock that goes back, as after a fail-over', () => {
  it.each(['window', 'gcra'] as const)('opens no window twice: %s', async (algorithm) => {
    const rule = ruleOf({ algorithm, limit: 20, burst: 5, windowMs: 60_000 });
    const most = algorithm === 'window' ? 20 : 25;
    let admitted = 0;
    const stepsBackMs = fc.oneof(
      { weight: 8, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }) },
      { weight: 1, arbitrary: fc.constantFrom(60_000, 120_000, 86_400_000) },
    );
    const arrival = fc.record({
      waitMs: fc.oneof(fc.constantFrom(0, 5999, 6000), fc.integer({ min: 0, max: 9000 })),
      backMs: stepsBackMs,
      cost: fc.integer({ min: 1, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(arrival, { minLength: 20, maxLength: 60 }), async (arrivals) => {
        runs += 1;
        let nowUs = 1_800_000_000_123_456;
        const redis = redisAt(() => nowUs);
        const used: Array<{ readonly atMs: number; readonly units: number }> = [];
        let atMs = 0;
        for (const { waitMs, backMs, cost } of arrivals) {
          atMs += waitMs;
          nowUs += (waitMs - backMs) * 1000;
          const [[outcome] = []] = await redis.take([
            [checkOf(rule, { key: `back${algorithm}${runs}`, cost })],
          ]);
          if (outcome?.isExceeded) continue;
          used.push({ atMs, units: cost });
          const inWindow = used.filter((one) => one.atMs > atMs - 60_000);
          expect(inWindow.reduce((sum, { units }) => sum + units, 0)).toBeLessThanOrEqual(most);
          admitted += 1;
        }
      }),
      { numRuns: 60 },
    );
    expect(admitted).toBeGreaterThan(100);
  });

  it.each(['window', 'gcra'] as const)('does not refuse until it is there again: %s', async (algorithm) => {
    const rule = ruleOf({ algorithm, limit: 3, burst: 3, windowMs: 60_000 });
    let nowUs = 1_900_000_000_000_000;
    const redis = redisAt(() => nowUs);
    const admits = async (cost: number): Promise<boolean> => {
      const [[outcome] = []] = await redis.take([[checkOf(rule, { key: `year${algorithm}`, cost })]]);
      return outcome?.isExceeded === false;
    };
    expect(await admits(3)).toBe(true);
    nowUs = 1_800_000_000_000_000;
    expect(await admits(1)).toBe(false);
    nowUs += 60_000_000;
    expect(await admits(1)).toBe(false);
    nowUs += 80_000_000;
    expect(await admits(3)).toBe(true);
  });
});

describe('a counter in Redis', () => {
  it.each([
    ['window', 100, 1, 40],
    ['window', 60_000, 60_000, 40],
    ['window', 16_000_000, 16_000_000, 40],
    ['window', 4_294_967_295, 4_294_967_295, 30],
    ['gcra', 4_294_967_295, 4_294_967_295, 40],
  ] as const)('takes at most 200 bytes: %s, %d units, %d at once, a policy of %d letters', async (...row) => {
    const [algorithm, limit, cost, nameLength] = row;
    const redis = new RedisStore({ store, timeoutMs: 5000, processId: 'test' });
    const rule = ruleOf({
      algorithm,
      limit,
      burst: limit,
      windowMs: 2_592_000_000,
      policy: 'a-policy-with-a-long-name'.padEnd(nameLength, '.'),
    });
    const one = checkOf(rule, {
      owner: 'abcdef',
      cost,
      key: `bytes_${String(cost).padStart(10, '_')}${algorithm}`,
    });
    const [[outcome] = []] = await redis.take([[one]]);
    expect(outcome).toMatchObject({ isExceeded: false, remaining: limit - cost });
    const name = store.key(counterName(one));
    const bytes = await store.run((commands) => commands.memory('USAGE', name));
    console.log(`${algorithm}: ${String(bytes)} bytes with a name of ${name.length} characters`);
    expect(bytes).toBeLessThanOrEqual(200);
  });

  it('expires when nothing in it counts any more, and is not written by what is refused', async () => {
    const redis = new RedisStore({ store, timeoutMs: 5000, processId: 'test' });
    const one = checkOf(ruleOf({ limit: 3, windowMs: 10_000 }), { key: 'expiry' });
    const ttl = (): Promise<number> => store.run((commands) => commands.pttl(store.key(counterName(one))));
    // The second is counted in the same call as the first, the third in the bucket that is there already.
    await redis.take([[one], [one]]);
    await redis.take([[one]]);
    const first = await ttl();
    expect(first).toBeGreaterThan(9_000);
    expect(first).toBeLessThanOrEqual(11_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const [[refused] = []] = await redis.take([[one]]);
    expect(refused?.isExceeded).toBe(true);
    expect(await ttl()).toBeLessThan(first - 10);
  });

  it('is counted also where Redis has forgotten the scripts', async () => {
    const redis = new RedisStore({ store, timeoutMs: 5000, processId: 'test' });
    const one = checkOf(ruleOf({ windowMs: 60_000 }), { key: 'noscript' });
    for (const remaining of [9, 8]) {
      await store.run((commands) => commands.script('FLUSH'));
      const [[outcome] = []] = await redis.take([[one]]);
      expect(outcome).toMatchObject({ remaining });
    }
  });
});
