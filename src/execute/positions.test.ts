import { describe, expect, it } from 'vitest';

import type { PathStep } from '../pipeline/prepared.ts';
import { ExactNumber } from '../shared/exact-number.ts';
import { noSuchObject, type Data } from './merge.ts';
import { compilePositions } from './positions-code.ts';
import { matchesTypes, objectsAt, positionsAt } from './positions.ts';

const each: PathStep = { each: true };

describe.each([
  ['objectsAt', objectsAt],
  ['compilePositions', (root: Data, steps: readonly PathStep[]) => compilePositions(steps)(root)],
  ['positionsAt', (root: Data, steps: readonly PathStep[]) => positionsAt(root, steps).map(objectOf)],
])('%s', (_name, find) => {
  it.each<[string, unknown, readonly PathStep[], readonly unknown[]]>([
    ['the root at the empty path', { n: 1 }, [], [{ n: 1 }]],
    ['an object below a key', { a: { b: { n: 1 } } }, [key('a'), key('b')], [{ n: 1 }]],
    [
      'the elements of a list in their order',
      { a: [{ n: 1 }, { n: 2 }] },
      [key('a'), each],
      [{ n: 1 }, { n: 2 }],
    ],
    ['nothing below null', { a: null }, [key('a'), key('b')], []],
    ['nothing below a missing key', {}, [key('a')], []],
    ['nothing in an empty list', { a: [] }, [key('a'), each], []],
    ['no null among the elements', { a: [null, { n: 1 }] }, [key('a'), each], [{ n: 1 }]],
    ['no scalar', { a: [1, 'x', true, { n: 1 }] }, [key('a'), each], [{ n: 1 }]],
    ['no exact number', { a: [new ExactNumber('1.0')] }, [key('a'), each], []],
    ['nothing within an exact number', { a: new ExactNumber('1.0') }, [key('a'), key('plain')], []],
    [
      'each element of a list of lists',
      { a: [[{ n: 1 }], [], [{ n: 2 }]] },
      [key('a'), each, each],
      [{ n: 1 }, { n: 2 }],
    ],
    [
      'elements of a list that the path does not name',
      { a: [{ b: { n: 1 } }] },
      [key('a'), key('b')],
      [{ n: 1 }],
    ],
    [
      'objects of a list where the path ends',
      { a: [[{ n: 1 }], { n: 2 }] },
      [key('a')],
      [{ n: 1 }, { n: 2 }],
    ],
    ['nothing where the path has a list and the data an object', { a: { n: 1 } }, [key('a'), each], []],
    ['no inherited member', { a: {} }, [key('a'), key('constructor')], []],
    ['no prototype', { a: {} }, [key('a'), key('__proto__')], []],
    ['an own member with an inherited name', { constructor: { n: 1 } }, [key('constructor')], [{ n: 1 }]],
  ])('finds %s', (_title, root, steps, expected) => {
    expect(find(root as Data, steps)).toEqual(expected);
  });

  it.each<[string, unknown, readonly PathStep[], readonly unknown[]]>([
    [
      'elements of a type',
      { a: [typed('T'), typed('U')] },
      [key('a'), { each: true, types: ['T'] }],
      [typed('T')],
    ],
    [
      'elements of several types',
      { a: [typed('T'), typed('U'), typed('V')] },
      [key('a'), { each: true, types: ['V', 'T'] }],
      [typed('T'), typed('V')],
    ],
    ['no object of another type', { a: typed('U') }, [{ key: 'a', types: ['T'] }], []],
    ['no object without a type name where one is asked for', { a: {} }, [{ key: 'a', types: ['T'] }], []],
    [
      'no object that its service does not know',
      { a: { __typename: noSuchObject } },
      [{ key: 'a', types: ['T'] }],
      [],
    ],
    [
      'what lies below an object of the type',
      { a: { ...typed('T'), b: { n: 1 } } },
      [{ key: 'a', types: ['T'] }, key('b')],
      [{ n: 1 }],
    ],
  ])('filters by runtime type: %s', (_title, root, steps, expected) => {
    expect(find(root as Data, steps)).toEqual(expected);
  });

  it('returns the objects themselves, as often as they occur', () => {
    const shared = {};
    const found = find({ a: [shared, shared] }, [key('a'), each]);
    expect(found).toHaveLength(2);
    expect(found.every((object) => object === shared)).toBe(true);
  });

  it('finds the elements of a list longer than the arguments of a call', () => {
    const list = Array.from({ length: 150_000 }, () => ({}));
    expect(find({ a: list }, [key('a')]).length).toBe(list.length);
  });
});

describe('positionsAt', () => {
  it('says where each object is, past null elements and through lists of lists', () => {
    const root = { a: [null, [{ b: { n: 1 } }], [{ b: null }, { b: { n: 2 } }]] };
    expect(positionsAt(root, [key('a'), each, each, key('b')])).toEqual([
      { object: { n: 1 }, path: ['a', 1, 0, 'b'] },
      { object: { n: 2 }, path: ['a', 2, 1, 'b'] },
    ]);
  });

  it('has the indexes of a list that the path does not name', () => {
    expect(positionsAt({ a: [{ n: 1 }, { n: 2 }] }, [key('a')])).toEqual([
      { object: { n: 1 }, path: ['a', 0] },
      { object: { n: 2 }, path: ['a', 1] },
    ]);
  });
});

it.each([
  [null, undefined, false],
  [undefined, undefined, false],
  [0, undefined, true],
  ['', ['T'], true],
  [[typed('U')], ['T'], true],
  [typed('T'), ['T'], true],
  [typed('T'), [], false],
  [{ __typename: null }, ['null'], true],
] as const)('matchesTypes: %j is a value of one of the types %j: %s', (value, types, matches) => {
  expect(matchesTypes(value, types)).toBe(matches);
});

it('compilePositions refuses a key that is not a name, which would become code', () => {
  expect(() => compilePositions([key('a;b')])).toThrow('Not a GraphQL name');
});

function key(name: string): PathStep {
  return { key: name };
}

function typed(type: string): Data {
  return { __typename: type };
}

function objectOf({ object }: { readonly object: Data }): Data {
  return object;
}
