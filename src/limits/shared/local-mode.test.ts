import { describe, expect, it } from 'vitest';

import { checkOf, ruleOf } from '../../../test/support/limits.ts';
import type { LimitDecision, LimitRule } from '../check.ts';
import { MemoryStore } from '../counters/memory-store.ts';
import { LocalMode } from './local-mode.ts';

const windowMs = 60_000;

/** One of 20 processes; a limit of 100 in a minute. */
function given(changes: Partial<LimitRule>) {
  let nowMs = 1000;
  const local = new LocalMode(new MemoryStore({ keysMax: 10, now: () => nowMs }), { current: 20 });
  const rule = ruleOf({ policy: 'points', limit: 100, windowMs, isIndivisible: true, ...changes });
  const take = (cost: number): LimitDecision => local.take([checkOf(rule, { cost })]);
  return {
    local,
    take,
    admits: (cost: number): boolean => take(cost).isAllowed,
    forward: (ms: number): void => void (nowMs += ms),
  };
}

describe.each([
  { algorithm: 'window' as const, burst: 1, untilFreeMs: 1.1 * windowMs },
  // 60 units at 5 a minute.
  { algorithm: 'gcra' as const, burst: 100, untilFreeMs: 12 * windowMs },
])('without the store ($algorithm)', ({ algorithm, burst, untilFreeMs }) => {
  it('an operation that costs more than the share is admitted alone, up to the limit', () => {
    const { admits, forward } = given({ algorithm, burst });
    expect([admits(101), admits(60), admits(60), admits(1)]).toEqual([false, true, false, false]);
    forward(untilFreeMs);
    expect([admits(1), admits(60), admits(4), admits(1)]).toEqual([true, false, true, false]);
  });

  it('what it really cost is counted for as long', () => {
    const { local, take, admits, forward } = given({ algorithm, burst });
    const decision = take(60);
    if (!decision.isAllowed) throw new Error('refused');
    for (const charge of decision.charges) local.settle({ charge, units: -1 });
    forward(untilFreeMs * 0.8);
    expect(admits(1)).toBe(false);
    forward(untilFreeMs * 0.2);
    expect(admits(1)).toBe(true);
  });

  it('selections of a field, which can come in several requests, never exceed the share', () => {
    const { admits } = given({ algorithm, burst, isIndivisible: false });
    expect([admits(6), admits(5), admits(1)]).toEqual([false, true, false]);
  });
});
