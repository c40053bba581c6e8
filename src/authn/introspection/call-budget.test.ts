import { expect, it } from 'vitest';

import { CallBudget } from './call-budget.ts';

it('keeps half of the calls for clients whose tokens have been good, until the others are forgiven', () => {
  let nowMs = 0;
  const budget = new CallBudget({ concurrentMax: 4, perSecondMax: 100 }, () => nowMs);
  budget.enter('10.0.0.1');
  budget.leave('10.0.0.1', 'inactive');
  const entered = (client: string): number => {
    let calls = 0;
    while (calls < 10 && budget.enter(client) === undefined) calls += 1;
    return calls;
  };
  expect(entered('10.0.0.1')).toBe(2);
  expect(entered('10.0.0.2')).toBe(2);
  for (let i = 0; i < 4; i += 1) budget.leave('10.0.0.2', 'active');
  nowMs += 60_000;
  expect(entered('10.0.0.1')).toBe(4);
});

it('lets one call a second through after five failures, and all again after one success', () => {
  let nowMs = 0;
  const budget = new CallBudget({ concurrentMax: 100, perSecondMax: 100 }, () => nowMs);
  for (let i = 0; i < 5; i += 1) {
    expect(budget.enter('a')).toBeUndefined();
    budget.leave('a', 'failed');
  }
  expect(budget.enter('a')).toContain('failed');
  nowMs += 1000;
  expect([budget.enter('a'), budget.enter('a')]).toEqual([undefined, expect.stringContaining('failed')]);
  budget.leave('a', 'inactive');
  expect([budget.enter('b'), budget.enter('b')]).toEqual([undefined, undefined]);
});
