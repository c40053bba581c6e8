/** What one request uses up, by the gate that refuses it; with counters in memory and a clock moved by hand. */

import { describe, expect, it } from 'vitest';

import { checkOf, ruleOf } from '../../test/support/limits.ts';
import type { CheckState, LimitCheck, LimitDecision, Limiter } from './check.ts';
import { createLimiter } from './limiter.ts';

interface Given {
  readonly limiter: Limiter;
  /** Synchronous, as it is with counters in memory. */
  readonly take: (...checks: readonly LimitCheck[]) => LimitDecision;
  /** Units left of a rule, without using any. */
  readonly left: (check: LimitCheck) => number | undefined;
  readonly forward: (ms: number) => void;
}

function given(options: { readonly keysMax?: number; readonly blockedKeysMax?: number } = {}): Given {
  let nowMs = 1000;
  const limiter = createLimiter({
    keysMax: 100,
    blockedKeysMax: 100,
    ...options,
    now: () => nowMs,
  });
  const take = (...checks: readonly LimitCheck[]): LimitDecision => {
    const decision = limiter.take(checks);
    if (decision instanceof Promise) throw new Error('it has to be synchronous');
    return decision;
  };
  return {
    limiter,
    take,
    left(check) {
      const decision = take({ ...check, cost: 1, isMeasured: true });
      if (!decision.isAllowed) return undefined;
      limiter.settle(decision.charges.map((charge) => ({ charge, units: -1 })));
      const state = decision.states[0];
      return state && (state.isExceeded ? 0 : state.remaining + 1);
    },
    forward(ms) {
      nowMs += ms;
    },
  };
}

const address = ruleOf({ policy: 'address', limit: 10 });
const tier = ruleOf({ policy: 'tier', limit: 10 });
const quota = ruleOf({ policy: 'quota', limit: 10, windowMs: 86_400_000 });
const points = ruleOf({ policy: 'points', limit: 10 });

it('counts all checks of a request that none refuses, and says what is left of each', () => {
  const { take } = given();
  const checks = [checkOf(address, { gate: 1 }), checkOf(tier), checkOf(points, { gate: 3, cost: 4 })];
  expect(take(...checks)).toEqual({
    isAllowed: true,
    states: [
      expect.objectContaining({ remaining: 9, resetMs: 1100, isExceeded: false }),
      expect.objectContaining({ remaining: 9, resetMs: 1100, isExceeded: false }),
      expect.objectContaining({ remaining: 6, resetMs: 1100, isExceeded: false }),
    ],
    charges: checks.map((check) => ({ check, bucket: 10, countedBy: 'store' })),
  });
});

describe('a gate that refuses', () => {
  const first = checkOf(address, { gate: 1 });
  const returned = checkOf(quota, { gate: 2, isReturned: true });
  const second = checkOf(tier, { gate: 2 });
  const measured = checkOf({ ...tier, policy: 'measured', limit: 1 }, { gate: 2, isMeasured: true });
  const third = checkOf(points, { gate: 3, cost: 4 });
  const other = checkOf({ ...points, policy: 'other' }, { gate: 3 });
  const all = [first, returned, second, measured, third, other];

  it('keeps what earlier gates used, except what is given back, and uses nothing of its own and of later ones', () => {
    const { take, left } = given();
    take({ ...third, cost: 8 });
    expect(take(...all)).toMatchObject({
      isAllowed: false,
      refusedBy: third,
      reason: 'limit',
      retryAfterMs: 1100,
    });
    expect(all.map(left)).toEqual([9, 10, 9, 0, 2, 10]);
  });

  it('uses nothing of the checks beside the one that refuses', () => {
    const { take, left } = given();
    take({ ...second, cost: 10 });
    expect(take(...all)).toMatchObject({ isAllowed: false, refusedBy: second });
    expect(all.map(left)).toEqual([9, 10, 0, 0, 10, 10]);
  });

  it('names the first check that refuses, and the time until all of them would admit', () => {
    const { take, forward } = given();
    take({ ...first, cost: 10 });
    forward(500);
    take({ ...second, cost: 10 });
    const decision = take(...all);
    expect(decision).toMatchObject({ isAllowed: false, refusedBy: first, retryAfterMs: 1100 });
    expect(decision.states.map((state) => state?.isExceeded)).toEqual([
      true,
      false,
      true,
      false,
      false,
      false,
    ]);
  });
});

it('counts what is measured above the limit, without refusing', () => {
  const { take } = given();
  const check = checkOf(ruleOf({ limit: 2 }), { isMeasured: true, cost: 2 });
  const states = [1, 2].map(() => take(check).states[0]);
  expect(states).toMatchObject([
    { isExceeded: false, remaining: 0 },
    { isExceeded: true, remaining: 0 },
  ]);
});

it('does not admit together two checks of one key that only fit alone', () => {
  const { take, left } = given();
  const check = checkOf(tier, { cost: 6 });
  expect(take(check, check).isAllowed).toBe(false);
  expect(left(check)).toBe(10);
});

it('counts apart what differs in key, policy, owner, window or algorithm', () => {
  const { take } = given();
  const base = checkOf(tier, { cost: 10 });
  const different: LimitCheck[] = [
    base,
    { ...base, key: 'B' },
    { ...base, owner: 'abcdef' },
    { ...base, rule: { ...tier, policy: 'tier2' } },
    { ...base, rule: { ...tier, windowMs: 2000 } },
    { ...base, rule: { ...tier, algorithm: 'gcra', burst: 10 } },
  ];
  expect(different.map((check) => take(check).isAllowed)).toEqual(different.map(() => true));
  expect(different.map((check) => take(check).isAllowed)).toEqual(different.map(() => false));
});

it('goes on counting when a limit changes', () => {
  const { take } = given();
  take(checkOf(tier, { cost: 10 }));
  expect(take(checkOf({ ...tier, limit: 12 }, { cost: 3 })).isAllowed).toBe(false);
  expect(take(checkOf({ ...tier, limit: 12 }, { cost: 2 })).isAllowed).toBe(true);
});

it.each(['window', 'gcra'] as const)(
  'never admits a cost above the whole limit, and says so with a window: %s',
  (algorithm) => {
    const { take } = given();
    const rule = ruleOf({ algorithm, limit: 10, burst: 10, windowMs: 3000 });
    expect(take(checkOf(rule, { cost: 11 }))).toMatchObject({ isAllowed: false, retryAfterMs: 3000 });
    expect(take(checkOf(rule, { cost: 10 })).isAllowed).toBe(true);
  },
);

it('settles a charge: gives units back, or uses more, even above the limit', () => {
  const { take, limiter, left } = given();
  const check = checkOf(points, { cost: 8 });
  const decision = take(check);
  if (!decision.isAllowed) throw new Error('refused');
  const [charge] = decision.charges;
  if (!charge) throw new Error('no charge');
  limiter.settle([{ charge, units: -5 }]);
  expect(left(checkOf(points))).toBe(7);
  limiter.settle([{ charge, units: 20 }]);
  expect(left(checkOf(points))).toBe(0);
});

describe('what was refused', () => {
  it('is known without counting, until it would be admitted', () => {
    const { take, limiter, forward } = given();
    const check = checkOf(tier);
    const measured = checkOf(address, { isMeasured: true });
    take({ ...check, cost: 10 });
    expect(limiter.refusal([check])).toBeUndefined();
    take(check);
    forward(1099);
    expect(limiter.refusal([measured, check])).toEqual({
      isAllowed: false,
      refusedBy: check,
      reason: 'limit',
      retryAfterMs: 1,
      states: [null, { remaining: 0, resetMs: 1, isExceeded: true }] satisfies Array<CheckState | null>,
    });
    forward(1);
    expect(limiter.refusal([check])).toBeUndefined();
    expect(take(check).isAllowed).toBe(true);
  });

  it('may be admitted at a smaller cost', () => {
    const { take, limiter } = given();
    take(checkOf(tier, { cost: 5 }));
    expect(take(checkOf(tier, { cost: 7 })).isAllowed).toBe(false);
    expect(limiter.refusal([checkOf(tier, { cost: 8 })])).toMatchObject({ isAllowed: false });
    expect(take(checkOf(tier, { cost: 6 })).isAllowed).toBe(false);
    expect(limiter.refusal([checkOf(tier, { cost: 6 })])).toMatchObject({ isAllowed: false });
    expect(take(checkOf(tier, { cost: 5 })).isAllowed).toBe(true);
  });

  it('may be admitted by a higher limit of the same counter, such as of another tier', () => {
    const { take, limiter } = given();
    const [low, high] = [checkOf(tier), checkOf({ ...tier, limit: 12 })];
    take({ ...low, cost: 10 });
    expect(take(low).isAllowed).toBe(false);
    expect(limiter.refusal([low])).toMatchObject({ isAllowed: false });
    expect(limiter.refusal([high])).toBeUndefined();
    expect([take(high), take(high), take(high)].map(({ isAllowed }) => isAllowed)).toEqual([
      true,
      true,
      false,
    ]);
    expect([low, high].map((check) => limiter.refusal([check])?.isAllowed)).toEqual([false, false]);
  });

  it('is asked about again once units were given back', () => {
    const { take, limiter } = given();
    const decision = take(checkOf(points, { cost: 10 }));
    expect(take(checkOf(points)).isAllowed).toBe(false);
    if (decision.isAllowed) limiter.settle(decision.charges.map((charge) => ({ charge, units: -4 })));
    expect(take(checkOf(points, { cost: 4 })).isAllowed).toBe(true);
  });

  it('is forgotten where there is too much of it', () => {
    const { take, limiter } = given({ blockedKeysMax: 2 });
    const checks = ['A', 'B', 'C'].map((key) => checkOf(tier, { key, cost: 10 }));
    for (const check of [...checks, ...checks]) take(check);
    expect(checks.map((check) => limiter.refusal([check]) !== undefined)).toEqual([false, true, true]);
  });
});

it('forgets the counters that were not used for longest where there are too many', () => {
  const { take } = given({ keysMax: 2 });
  const keys = ['A', 'B', 'C'].map((key) => checkOf(tier, { key, cost: 4 }));
  for (const check of keys) take(check);
  const [a, b, c] = keys;
  if (!a || !b || !c) throw new Error('three checks');
  expect(take(c).states[0]).toMatchObject({ remaining: 2 });
  expect(take(b).states[0]).toMatchObject({ remaining: 2 });
  expect(take(a).states[0]).toMatchObject({ remaining: 6 });
});
