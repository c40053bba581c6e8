/** Which lines a budget lets through. */

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { LineBudget, type LinesLeftOut } from './line-budget.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('is for a second, and hides no code behind many of another', () => {
  const { budget, reports } = given(3);
  const flood = (): number => Array.from({ length: 10 }, () => budget.take('flood')).filter(Boolean).length;
  expect(flood()).toBe(3);
  expect([budget.take('rare'), budget.take('rare')]).toEqual([true, false]);
  vi.advanceTimersByTime(1000);
  expect(reports).toEqual([
    {
      lines: 8,
      codes: [
        { code: 'flood', lines: 7 },
        { code: 'rare', lines: 1 },
      ],
    },
  ]);
  expect(flood()).toBe(3);
  expect(budget.take('rare')).toBe(true);
});

it('is bounded for as many codes as there may be', () => {
  const { budget, reports } = given(3);
  const taken = Array.from({ length: 1000 }, (_, i) => budget.take(`CODE_${i}`)).filter(Boolean).length;
  expect(taken).toBe(50);
  vi.advanceTimersByTime(1000);
  expect(reports[0]?.lines).toBe(950);
  expect(reports[0]?.codes).toHaveLength(51);
});

it('of none lets nothing through', () => {
  expect(given(0).budget.take('any')).toBe(false);
});

function given(linesPerSecondMax: number) {
  const reports: LinesLeftOut[] = [];
  const budget = new LineBudget(linesPerSecondMax, (leftOut) => reports.push(leftOut));
  return { budget, reports };
}
