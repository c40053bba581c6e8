/** What the two algorithms promise, for arrivals of every kind; time is a number, in microseconds. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ruleOf } from '../../../test/support/limits.ts';
import type { LimitRule } from '../check.ts';
import type { Counter } from './counter.ts';
import { GcraCounter } from './gcra.ts';
import { WindowCounter } from './window.ts';

interface Use {
  readonly atUs: number;
  readonly units: number;
}

/** Asks for units. */
function take(counter: Counter, rule: LimitRule, cost: number, nowUs: number): boolean {
  counter.advance(rule, nowUs);
  if (!counter.hasRoom(rule, cost)) return false;
  counter.add(rule, cost);
  return true;
}

/** Units used after `atUs - spanUs`, until `atUs`. */
function usedWithin(uses: readonly Use[], atUs: number, spanUs: number): number {
  let units = 0;
  for (const use of uses) if (use.atUs > atUs - spanUs && use.atUs <= atUs) units += use.units;
  return units;
}

/** Waits that matter: none, beside the edges of buckets and windows, and any. */
function waits(windowMs: number): fc.Arbitrary<number> {
  const bucketUs = windowMs * 100;
  return fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom(bucketUs - 1, bucketUs, bucketUs + 1, 10 * bucketUs - 1, 10 * bucketUs, 11 * bucketUs),
    fc.integer({ min: 0, max: 3 * bucketUs }),
  );
}

const windows = fc.constantFrom(1, 7, 1000, 60_000, 2_592_000_000);
const rules = (algorithm: LimitRule['algorithm']): fc.Arbitrary<LimitRule> =>
  fc
    .record({
      limit: fc.integer({ min: 1, max: 40 }),
      burst: fc.integer({ min: 1, max: 20 }),
      windowMs: windows,
    })
    .map((given) => ruleOf({ algorithm, ...given }));

interface Arrival {
  readonly waitUs: number;
  readonly cost: number;
  /** The clock goes back by this. */
  readonly backUs: number;
}

const runs = (algorithm: LimitRule['algorithm'], back: fc.Arbitrary<number> = fc.constant(0)) =>
  rules(algorithm).chain((rule) =>
    fc.record({
      rule: fc.constant(rule),
      startUs: fc.constantFrom(0, 1_800_000_000_123_456),
      arrivals: fc.array(
        fc.record({
          waitUs: waits(rule.windowMs),
          cost: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: Math.max(rule.limit, rule.burst) + 1 })),
          backUs: back,
        }),
        { minLength: 1, maxLength: 120 },
      ),
    }),
  );

/** Steps back of less than a bucket, of some, and of more than a window. */
const stepsBack = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 500_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 120_000_000 }) },
);

/** What was admitted, by a clock that never goes back. */
function usesOf(counter: Counter, rule: LimitRule, arrivals: readonly Arrival[]): Use[] {
  const uses: Use[] = [];
  let clockUs = 1_800_000_000_123_456;
  let atUs = 0;
  for (const { waitUs, cost, backUs } of arrivals) {
    atUs += waitUs;
    clockUs += waitUs - backUs;
    if (take(counter, rule, cost, clockUs)) uses.push({ atUs, units: cost });
  }
  return uses;
}

describe('window', () => {
  it('admits no more than the limit in any window of time, also if the clock goes back', () => {
    fc.assert(
      fc.property(runs('window', stepsBack), ({ rule, arrivals }) => {
        const uses = usesOf(new WindowCounter(), rule, arrivals);
        for (const { atUs } of uses)
          expect(usedWithin(uses, atUs, rule.windowMs * 1000)).toBeLessThanOrEqual(rule.limit);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses only what is too much for the last 11 tenths of a window', () => {
    fc.assert(
      fc.property(runs('window'), ({ rule, startUs, arrivals }) => {
        const counter = new WindowCounter();
        const uses: Use[] = [];
        let nowUs = startUs;
        for (const { waitUs, cost } of arrivals) {
          nowUs += waitUs;
          if (take(counter, rule, cost, nowUs)) uses.push({ atUs: nowUs, units: cost });
          else expect(usedWithin(uses, nowUs, rule.windowMs * 1100) + cost).toBeGreaterThan(rule.limit);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([{ times: 1.2 }, { times: 2 }, { times: 5 }, { times: 50 }])(
    'admits at least 90 % of the limit where $times times as many ask',
    ({ times }) => {
      const rule = ruleOf({ limit: 100, windowMs: 60_000 });
      const counter = new WindowCounter();
      const uses: Use[] = [];
      const intervalUs = 60_000_000 / 100 / times;
      const windowsAsked = 44;
      for (let nowUs = 0; nowUs < windowsAsked * 60_000_000; nowUs += intervalUs)
        if (take(counter, rule, 1, Math.floor(nowUs))) uses.push({ atUs: nowUs, units: 1 });
      const perWindow = uses.length / windowsAsked;
      expect(perWindow).toBeGreaterThanOrEqual(90);
      expect(perWindow).toBeLessThanOrEqual(100);
      for (let endUs = 66_000_000; endUs < windowsAsked * 60_000_000; endUs += 1_000_000)
        expect(usedWithin(uses, endUs, 66_000_000)).toBeGreaterThanOrEqual(99);
    },
  );

  it('admits again after the clock went back by a year', () => {
    const rule = ruleOf({ limit: 3 });
    const counter = new WindowCounter();
    const yearUs = 31_536_000_000_000;
    expect([1, 2, 3, 4].map(() => take(counter, rule, 1, yearUs))).toEqual([true, true, true, false]);
    expect(take(counter, rule, 1, 500_000)).toBe(false);
    expect(take(counter, rule, 1, 1_400_000)).toBe(false);
    expect(take(counter, rule, 3, 500_000 + 2_300_000)).toBe(true);
  });

  it('changes a bucket that still counts, and no other', () => {
    const rule = ruleOf();
    const counter = new WindowCounter();
    expect(take(counter, rule, 4, 0)).toBe(true);
    counter.advance(rule, 950_000);
    const { bucket } = counter;
    counter.add(rule, 5);
    counter.settle(rule, 0, -3);
    expect(counter.remaining(rule)).toBe(4);
    counter.settle(rule, 0, -3);
    expect(counter.remaining(rule)).toBe(5);
    counter.settle(rule, bucket, 9);
    expect(counter.remaining(rule)).toBe(0);
    counter.advance(rule, 1_999_999);
    expect(counter.remaining(rule)).toBe(0);
    counter.settle(rule, 0, 7);
    counter.settle(rule, bucket + 100, 7);
    counter.settle(rule, bucket, -12);
    expect(counter.remaining(rule)).toBe(8);
  });

  it('counts up to 4,294,967,295 units in a bucket', () => {
    const rule = ruleOf({ limit: 4_294_967_295 });
    const counter = new WindowCounter();
    expect(take(counter, rule, 4_294_967_294, 0)).toBe(true);
    expect(counter.remaining(rule)).toBe(1);
    counter.add(rule, 4_294_967_295);
    counter.add(rule, 4_294_967_295);
    counter.settle(rule, 0, -4_294_967_295);
    expect(counter.remaining(rule)).toBe(4_294_967_295);
  });
});

describe('gcra', () => {
  it('admits no more than limit and burst in any window of time, and no more than the burst at once', () => {
    fc.assert(
      fc.property(runs('gcra', stepsBack), ({ rule, arrivals }) => {
        const uses = usesOf(new GcraCounter(), rule, arrivals);
        for (const { atUs } of uses) {
          expect(usedWithin(uses, atUs, rule.windowMs * 1000)).toBeLessThanOrEqual(rule.limit + rule.burst);
          expect(usedWithin(uses, atUs, 1)).toBeLessThanOrEqual(rule.burst);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    { limit: 7, windowMs: 60_000, burst: 2 },
    { limit: 1_000_000, windowMs: 300, burst: 5000 },
    { limit: 3, windowMs: 2_592_000_000, burst: 2 },
  ])('does not drift: $limit in $windowMs ms are admitted for as long as one asks', (given) => {
    const rule = ruleOf({ algorithm: 'gcra', ...given });
    const counter = new GcraCounter();
    const windowUs = rule.windowMs * 1000;
    const stepUs = Math.max(100, Math.floor(windowUs / rule.limit / 10));
    const steps = 20_000;
    let used = 0;
    let nowUs = 1_800_000_000_123_456;
    const endUs = nowUs + steps * stepUs;
    while (nowUs < endUs) {
      while (take(counter, rule, 1, nowUs)) used += 1;
      nowUs += stepUs;
    }
    const ideal = rule.burst + ((steps - 1) * stepUs * rule.limit) / windowUs;
    expect(used).toBe(Math.floor(ideal));
  });

  it('admits again after the clock went back by a year', () => {
    const rule = ruleOf({ algorithm: 'gcra', limit: 10, burst: 2 });
    const counter = new GcraCounter();
    const yearUs = 31_536_000_000_000;
    expect([1, 2, 3].map(() => take(counter, rule, 1, yearUs))).toEqual([true, true, false]);
    expect(take(counter, rule, 1, 0)).toBe(false);
    expect(take(counter, rule, 1, 1_000_000)).toBe(false);
    expect(take(counter, rule, 2, 1_200_000)).toBe(true);
  });

  it('gives units back, and uses more than there are, which a window makes up for', () => {
    const rule = ruleOf({ algorithm: 'gcra', limit: 10, burst: 5 });
    const counter = new GcraCounter();
    expect(take(counter, rule, 5, 0)).toBe(true);
    counter.settle(rule, 0, -2);
    expect(counter.remaining(rule)).toBe(2);
    counter.settle(rule, 0, -9);
    expect(counter.remaining(rule)).toBe(5);
    counter.settle(rule, 0, 4_000_000_000);
    expect(counter.remaining(rule)).toBe(0);
    counter.advance(rule, 1_000_000);
    expect(counter.remaining(rule)).toBe(0);
    counter.advance(rule, 1_500_000);
    expect(counter.remaining(rule)).toBe(5);
  });
});

describe.each([
  ['window', WindowCounter],
  ['gcra', GcraCounter],
] as const)('%s', (algorithm, Kind) => {
  it('says exactly what is left, when there is more, and when it will admit what it refuses', () => {
    fc.assert(
      fc.property(runs(algorithm), ({ rule, startUs, arrivals }) => {
        const counter = new Kind();
        const most = algorithm === 'window' ? rule.limit : rule.burst;
        let nowUs = startUs;
        for (const { waitUs, cost } of arrivals.slice(0, 30)) {
          nowUs += waitUs;
          const admitted = take(counter, rule, cost, nowUs);
          const left = counter.remaining(rule);
          expect(counter.hasRoom(rule, left)).toBe(true);
          expect(counter.hasRoom(rule, left + 1)).toBe(false);
          if (cost > most)
            expect([admitted, counter.retryAfterMs(rule, cost, nowUs)]).toEqual([false, rule.windowMs]);
        }
        // By looking at copies of it, later.
        const replay = (): Counter => {
          const copy = new Kind();
          let atUs = startUs;
          for (const { waitUs, cost } of arrivals.slice(0, 30)) take(copy, rule, cost, (atUs += waitUs));
          return copy;
        };
        const left = counter.remaining(rule);
        const resetMs = counter.resetMs(rule, nowUs);
        if (left === most) {
          if (algorithm === 'window') expect(resetMs).toBe(0);
          return;
        }
        expect(resetMs).toBeGreaterThan(0);
        const later = replay();
        later.advance(rule, nowUs + (resetMs - 1) * 1000);
        expect(later.remaining(rule)).toBe(left);
        later.advance(rule, nowUs + resetMs * 1000);
        expect(later.remaining(rule)).toBeGreaterThan(left);
        const retryMs = counter.retryAfterMs(rule, most, nowUs);
        const retried = replay();
        expect(take(retried, rule, most, nowUs + (retryMs - 1) * 1000)).toBe(false);
        expect(take(retried, rule, most, nowUs + retryMs * 1000)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
