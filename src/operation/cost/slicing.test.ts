import { expect, it } from 'vitest';

import type { SlicingCheck } from '../../pipeline/cost.ts';
import { slicingErrors } from './slicing.ts';

const check = (more: Partial<SlicingCheck> = {}): SlicingCheck => ({
  field: 'Query.items',
  at: { line: 2, column: 3 },
  names: ['first', 'page.last'],
  given: 0,
  variables: [
    { variable: 'first', path: [] },
    { variable: 'page', path: ['last'] },
  ],
  hasDefault: false,
  ...more,
});

const isRefused = (values: Record<string, unknown>, more?: Partial<SlicingCheck>): boolean =>
  slicingErrors([check(more)], new Map(Object.entries(values))).length > 0;

it('exactly one slicing argument must be given', () => {
  expect(isRefused({ first: 1 })).toBe(false);
  expect(isRefused({ page: { last: 1 } })).toBe(false);
  expect(isRefused({})).toBe(true);
  expect(isRefused({ first: null, page: {} })).toBe(true);
  expect(isRefused({ first: 1, page: { last: 1 } })).toBe(true);
  expect(isRefused({ first: 1 }, { given: 1 })).toBe(true);
});

it('none must be given where one has a default', () => {
  expect(isRefused({}, { hasDefault: true })).toBe(false);
  expect(isRefused({ first: 1, page: { last: 1 } }, { hasDefault: true })).toBe(true);
});

it('what is not included is not checked', () => {
  const when = [{ yes: ['all'], no: [] }];
  expect(isRefused({ all: false }, { when })).toBe(false);
  expect(isRefused({ all: true }, { when })).toBe(true);
});

it('says where, and which', () => {
  expect(slicingErrors([check()], new Map())).toEqual([
    {
      message: 'Query.items needs exactly one of the arguments first, page.last',
      locations: [{ line: 2, column: 3 }],
    },
  ]);
});
