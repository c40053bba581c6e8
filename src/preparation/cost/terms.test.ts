import { describe, expect, it } from 'vitest';

import type { CostTerm } from '../../pipeline/cost.ts';
import { costMax } from '../../pipeline/value-cost.ts';
import { listSize, max, positive, sum, times, when } from './terms.ts';

const input = (index: number): CostTerm => ({ is: 'input', input: index });
const clause = { yes: ['a'], no: [] };

describe('terms are folded', () => {
  it('sums have one constant and no sums', () => {
    expect(sum([1, sum([2, input(0)]), 3])).toEqual({ is: 'sum', of: [6, input(0)] });
    expect(sum([1, input(0), -1])).toEqual(input(0));
    expect(sum([])).toBe(0);
  });

  it('maxima have one constant, and each term once', () => {
    expect(max([1, input(0), 4, input(0)])).toEqual({ is: 'max', of: [4, input(0)] });
    expect(max([input(1), input(1)])).toEqual(input(1));
    expect([max([]), max([-3])]).toEqual([0, -3]);
  });

  it('products of constants are constants, and never infinite', () => {
    expect(times(3, 4)).toBe(12);
    expect([times(0, input(0)), times({ largestOf: [], otherwise: 1 }, 0)]).toEqual([0, 0]);
    expect(times(1, input(0))).toEqual(input(0));
    expect(times(1e300, 1e300)).toBe(costMax);
  });

  it('conditions stay only where something depends on them', () => {
    expect([when(undefined, 5), when([clause], 0)]).toEqual([5, 0]);
    expect(when([clause], 5)).toEqual({ is: 'when', when: [clause], of: 5 });
  });

  it('a lower bound of 0 stays only where it may be needed', () => {
    expect([positive(-4, false), positive(4, false)]).toEqual([0, 4]);
    expect([positive(input(0), true), positive(input(0), false)]).toEqual([
      input(0),
      { is: 'positive', of: input(0) },
    ]);
  });
});

describe('listSize', () => {
  const variable = { variable: 'first', path: [] };

  it('is a number where all is known', () => {
    expect(listSize([{ slices: [3, 7] }, { slices: [], assumed: 5 }], 10)).toBe(7);
    expect(listSize([{ slices: [-3] }], 10)).toBe(0);
    expect(listSize([{ slices: [] }], 10)).toBe(10);
  });

  it('needs no other size where one is known in any case', () => {
    expect(listSize([{ slices: [variable] }], 10)).toEqual({
      largestOf: [{ slices: [variable] }],
      otherwise: 10,
    });
    expect(listSize([{ slices: [variable], assumed: 4 }], 10)).toMatchObject({ otherwise: 0 });
    expect(listSize([{ slices: [variable] }, { slices: [2] }], 10)).toMatchObject({ otherwise: 0 });
  });
});
