import { describe, expect, it } from 'vitest';

import type { ContextUse, PathStep, RewriteStep } from '../pipeline/prepared.ts';
import { ExactNumber } from '../shared/exact-number.ts';
import { compileContextGroups } from './context-groups.ts';
import { hasFailed, markFailed } from './failed-fields.ts';
import type { Data } from './merge.ts';

const each: PathStep = { each: true };
const items: PathStep[] = [{ key: 'shops' }, each, { key: 'items' }, each];

describe('compileContextGroups', () => {
  it('puts objects with equal values into one group, in the order of the data', () => {
    const shops = [shop('EUR', 1, 2), shop('USD', 3), shop('EUR', 4)];
    expect(groups([use(1, { key: 'currency' })], { shops })).toEqual({
      '"v":"EUR"': [1, 2, 4],
      '"v":"USD"': [3],
    });
  });

  it('counts ancestors from the position up; 0 is the object itself', () => {
    const data = { currency: 'GBP', shops: [shop('EUR', 1, 2)] };
    expect(groups([use(2, { key: 'currency' })], data)).toEqual({ '"v":"GBP"': [1, 2] });
    expect(groups([use(0, { key: 'n' })], data)).toEqual({ '"v":1': [1], '"v":2': [2] });
  });

  it('leaves out objects whose value failed, and those above which there are not so many', () => {
    const failed = shop('EUR', 1);
    markFailed(failed, ['tax']);
    const failedItems = failed['items'] as Data[];
    expect(failedItems.map((item) => hasFailed(item, 'n'))).toEqual([false]);
    expect(groups([use(1, { key: 'tax' })], { shops: [failed, shop('EUR', 2)] })).toEqual({
      '"v":null': [2],
    });
    // What is not asked for has failed as well.
    expect(failedItems.map((item) => hasFailed(item, 'n'))).toEqual([true]);
    expect(groups([use(3, { key: 'currency' })], { shops: [shop('EUR', 1)] })).toEqual({});
  });

  it('takes null for a value', () => {
    expect(groups([use(1, { key: 'currency' })], { shops: [shop(null, 1)] })).toEqual({ '"v":null': [1] });
  });

  it('takes the first place that has a value', () => {
    const places = [use(1, { key: 'tax' }), use(2, { key: 'tax' })].flatMap((context) => context.places);
    const data = { tax: 5, shops: [{ ...shop('EUR', 1), tax: 7 }, shop('EUR', 2)] };
    expect(groups([{ variable: 'v', places }], data)).toEqual({ '"v":7': [1], '"v":5': [2] });
  });

  it('joins several variables as members of one object, and needs all of them', () => {
    const contexts = [use(1, { key: 'currency' }), { ...use(2, { key: 'tax' }), variable: 'w' }];
    expect(groups(contexts, { tax: 1, shops: [shop('EUR', 1)] })).toEqual({ '"v":"EUR","w":1': [1] });
    expect(groups(contexts, { shops: [shop('EUR', 1)] })).toEqual({ '"v":"EUR","w":null': [1] });
    const failed = { shops: [shop('EUR', 1)] };
    markFailed(failed, ['tax']);
    expect(groups(contexts, failed)).toEqual({});
  });

  it('keeps all digits of numbers', () => {
    const data = { shops: [shop(new ExactNumber('1.10'), 1)] };
    expect(groups([use(1, { key: 'currency' })], data)).toEqual({ '"v":1.10': [1] });
  });

  it('takes the values of all elements of a list, null for one without', () => {
    const data = { shops: [shop([{ code: 'A' }, {}, null, { code: 'B' }], 1)] };
    expect(groups([use(1, { key: 'currency' }, { key: 'code' })], data)).toEqual({
      '"v":["A",null,null,"B"]': [1],
    });
  });

  it.each<[string, unknown, boolean]>([
    ['of the type', { __typename: 'Shop', code: 'A' }, true],
    ['of another type', { __typename: 'Kiosk', code: 'A' }, false],
    ['without a type name', { code: 'A' }, true],
    ['with null for a type name', { __typename: null, code: 'A' }, false],
  ])('follows a type condition into an object %s', (_title, currency, follows) => {
    const context = use(1, { key: 'currency' }, { types: ['Shop', 'Market'] }, { key: 'code' });
    expect(groups([context], { shops: [shop(currency, 1)] })).toEqual(follows ? { '"v":"A"': [1] } : {});
  });

  it('reads no inherited member', () => {
    const data = { shops: [shop('EUR', 1)] };
    for (const key of ['constructor', '__proto__', 'toString'])
      expect(groups([use(1, { key })], data)).toEqual({ '"v":null': [1] });
  });

  it('passes null elements, scalars and objects of types that the path leaves out', () => {
    const path: PathStep[] = [
      { key: 'shops' },
      { each: true, types: ['Shop'] },
      { key: 'items', types: ['Item'] },
    ];
    const data = {
      shops: [
        null,
        1,
        { __typename: 'Kiosk', currency: 'X', items: { __typename: 'Item', n: 1 } },
        { __typename: 'Shop', currency: 'Y', items: { __typename: 'Other', n: 2 } },
        { __typename: 'Shop', currency: 'Z', items: { __typename: 'Item', n: 3 } },
      ],
    };
    expect(groups([use(1, { key: 'currency' })], data, path)).toEqual({ '"v":"Z"': [3] });
  });
});

function use(up: number, ...path: RewriteStep[]): ContextUse {
  return { variable: 'v', places: [{ up, path }] };
}

function shop(currency: unknown, ...numbers: number[]): Data {
  return { currency, items: numbers.map((n) => ({ n })) };
}

/** The numbers of the objects in each group. */
function groups(
  contexts: readonly ContextUse[],
  root: Data,
  path: readonly PathStep[] = items,
): Record<string, unknown> {
  const found = compileContextGroups(contexts, path, (object) => markFailed(object, ['n']))(root);
  return Object.fromEntries([...found].map(([text, objects]) => [text, objects.map(({ n }) => n)]));
}
