import { describe, expect, it } from 'vitest';

import type { CostSpec, CostTerm } from '../../pipeline/cost.ts';
import { costMax } from '../../pipeline/value-cost.ts';
import { estimateByService, estimateCost, plannedCalls } from './estimate.ts';

const variables = (values: Readonly<Record<string, unknown>> = {}): Map<string, unknown> =>
  new Map(Object.entries(values));

const specOf = (total: CostTerm): CostSpec => ({ total, calls: 0 });

describe('estimateCost', () => {
  it('sums, and takes the largest', () => {
    const total: CostTerm = { is: 'sum', of: [1, { is: 'max', of: [2, { is: 'positive', of: -3 }, 5] }] };
    expect(estimateCost(specOf(total), variables())).toBe(6);
  });

  it('goes by conditions', () => {
    const total: CostTerm = { is: 'when', when: [{ yes: ['a'], no: ['b'] }], of: 7 };
    expect(estimateCost(specOf(total), variables({ a: true, b: false }))).toBe(7);
    expect(estimateCost(specOf(total), variables({ a: true, b: true }))).toBe(0);
  });

  describe('of a list', () => {
    const listOf = (
      slices: ReadonlyArray<number | { variable: string; path: string[]; otherwise?: number }>,
      assumed?: number,
    ): CostSpec =>
      specOf({
        is: 'times',
        size: { largestOf: [{ slices, ...(assumed === undefined ? {} : { assumed }) }], otherwise: 10 },
        of: 3,
      });

    it.each([
      ['the largest argument', { first: 4, last: 6 }, 18],
      ['nothing given', {}, 30],
      ['null', { first: null }, 30],
      ['a negative number', { first: -5 }, 0],
      ['a list', { first: ['a', 'b'] }, 6],
      ['something else', { first: 'many' }, 30],
    ])('%s', (_, values, cost) => {
      const slices = ['first', 'last'].map((variable) => ({ variable, path: [] }));
      expect(estimateCost(listOf(slices), variables(values))).toBe(cost);
    });

    it('takes what is below an input object, and defaults for a variable without a value', () => {
      const spec = listOf([{ variable: 'input', path: ['page', 'first'], otherwise: 2 }], 5);
      expect(estimateCost(spec, variables({ input: { page: { first: 7 } } }))).toBe(21);
      expect(estimateCost(spec, variables({ input: { page: null } }))).toBe(15);
      expect(estimateCost(spec, variables())).toBe(6);
    });
  });

  it('of input values counts what is given: weights once, elements each, below input objects too', () => {
    const spec: CostSpec = {
      total: {
        is: 'sum',
        of: [
          { is: 'input', input: 0 },
          { is: 'input', input: 0 },
        ],
      },
      calls: 0,
      inputs: [{ variable: 'filter', weight: 5, each: 1, lists: 1, type: 0, otherwise: 4 }],
      inputTypes: [
        [
          ['or', { weight: 0, each: 1, lists: 1, type: 0 }],
          ['text', { weight: -2, each: 0 }],
          ['tags', { weight: 0, each: 3, lists: 1 }],
        ],
      ],
    };
    const filter = [{ or: [{ text: 'a' }, { text: null }] }, { tags: ['x', 'y', null] }, null];
    // 5 + (1 + (1 - 2) + 1) + (1 + 3 + 3), for each of two uses
    expect(estimateCost(spec, variables({ filter }))).toBe(2 * 13);
    expect(estimateCost(spec, variables({ filter: null }))).toBe(0);
    expect(estimateCost(spec, variables())).toBe(8);
  });

  it('does not look into values of scalars, however deep', () => {
    const deep = JSON.parse('['.repeat(9000) + ']'.repeat(9000)) as unknown;
    const spec: CostSpec = {
      total: { is: 'input', input: 0 },
      calls: 0,
      inputs: [{ variable: 'json', weight: 0, each: 2 }],
    };
    expect(estimateCost(spec, variables({ json: deep }))).toBe(2);
  });

  it('is a whole number that a limit can hold', () => {
    expect(estimateCost(specOf(0.1 + 0.2), variables())).toBe(1);
    expect(estimateCost(specOf(3 * (0.1 + 0.2) + 0.1), variables())).toBe(1);
    let total: CostTerm = 1;
    for (let depth = 0; depth < 400; depth += 1) total = { is: 'times', size: 2_147_483_647, of: total };
    expect(estimateCost(specOf(total), variables())).toBe(costMax);
    const none = { largestOf: [{ slices: [0] }], otherwise: 0 };
    expect(estimateCost(specOf({ is: 'times', size: none, of: total }), variables())).toBe(0);
  });
});

describe('estimateByService and plannedCalls', () => {
  it('evaluate their parts of the formula', () => {
    const spec: CostSpec = {
      total: 0,
      calls: { is: 'sum', of: [1, { is: 'when', when: [{ yes: ['a'], no: [] }], of: 2 }] },
      services: [
        { service: 'one', cost: 4 },
        { service: 'two', cost: { is: 'when', when: [{ yes: ['a'], no: [] }], of: 9 } },
      ],
    };
    expect(Object.fromEntries(estimateByService(spec, variables({ a: true })))).toEqual({ one: 4, two: 9 });
    expect([plannedCalls(spec, variables({ a: true })), plannedCalls(spec, variables())]).toEqual([3, 1]);
    expect(estimateByService({ total: 0, calls: 0 }, variables()).size).toBe(0);
  });
});
