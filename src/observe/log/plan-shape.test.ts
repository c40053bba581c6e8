import { expect, it } from 'vitest';

import type { PlanOutline } from '../../shared/operation-events.ts';
import { planShape } from './plan-shape.ts';

const fetch = (service: string): PlanOutline => ({ kind: 'fetch', service });

it.each<[string, PlanOutline | null]>([
  ['nothing to fetch', null],
  ['fetch(a)', fetch('a')],
  [
    'sequence(fetch(a), parallel(flatten(fetch(b)), fetch(c)))',
    {
      kind: 'sequence',
      nodes: [fetch('a'), { kind: 'parallel', nodes: [{ kind: 'flatten', node: fetch('b') }, fetch('c')] }],
    },
  ],
  ['condition(fetch(a), nothing)', { kind: 'condition', whenTrue: fetch('a'), whenFalse: null }],
  ['split(nothing, fetch(b))', { kind: 'split', main: null, others: [{ node: fetch('b') }] }],
])('the shape of a plan is %s', (shape, plan) => {
  expect(planShape(plan)).toBe(shape);
});

it('the shape of a long plan is cut', () => {
  const plan: PlanOutline = { kind: 'parallel', nodes: Array.from({ length: 1000 }, () => fetch('service')) };
  expect(planShape(plan).length).toBeLessThan(1100);
});
