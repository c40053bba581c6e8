import { describe, expect, it } from 'vitest';

import { ExactNumber } from '../shared/exact-number.ts';
import { compileMerge } from './merge-code.ts';
import { copyOf, merge, mergeOnly, noSuchObject, type Data } from './merge.ts';

describe.each([
  ['merge', merge],
  ['mergeOnly', mergeOnly(['a', 'b', 'constructor', 'toString'])],
  ['compileMerge', compileMerge(['a', 'b', 'constructor', 'toString'])],
])('%s', (_name, mergeInto) => {
  it.each<[string, Data, Data, Data]>([
    ['adds a field', { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    ['replaces null', { a: null }, { a: 1 }, { a: 1 }],
    ['never replaces a value by null', { a: 1 }, { a: null }, { a: 1 }],
    ['keeps null where nothing else is known', {}, { a: null }, { a: null }],
    ['ignores undefined', { a: 1 }, { a: undefined }, { a: 1 }],
    ['takes the later of two scalars', { a: 1 }, { a: 2 }, { a: 2 }],
    [
      'takes false, 0 and the empty text as values',
      { a: true, b: 1 },
      { a: false, b: 0 },
      { a: false, b: 0 },
    ],
    ['merges objects', { a: { x: 1 } }, { a: { y: 2 } }, { a: { x: 1, y: 2 } }],
    [
      'merges lists by position',
      { a: [{ x: 1 }, { x: 2 }] },
      { a: [{ y: 1 }, { y: 2 }] },
      {
        a: [
          { x: 1, y: 1 },
          { x: 2, y: 2 },
        ],
      },
    ],
    ['merges lists of lists', { a: [[{ x: 1 }]] }, { a: [[{ y: 1 }]] }, { a: [[{ x: 1, y: 1 }]] }],
    [
      'fills null elements of a list',
      { a: [null, { x: 2 }] },
      { a: [{ y: 1 }, null] },
      { a: [{ y: 1 }, { x: 2 }] },
    ],
    ['takes the later list if the lengths differ', { a: [{ x: 1 }] }, { a: [] }, { a: [] }],
    [
      'takes the later value if the kinds differ',
      { a: [1], b: { x: 1 } },
      { a: { x: 1 }, b: [1] },
      { a: { x: 1 }, b: [1] },
    ],
    ['replaces an object by a scalar', { a: { x: 1 } }, { a: 1 }, { a: 1 }],
    [
      'keeps the runtime type of an inner object',
      { a: { __typename: 'Book' } },
      { a: { __typename: 'Media', x: 1 } },
      { a: { __typename: 'Book', x: 1 } },
    ],
    [
      'names an inner object that had no type name',
      { a: { __typename: null } },
      { a: { __typename: 'Book' } },
      { a: { __typename: 'Book' } },
    ],
    [
      'takes the type name of the object itself',
      { __typename: 'Media' },
      { __typename: 'Book' },
      { __typename: 'Book' },
    ],
    [
      'reads no inherited member of the target',
      {},
      { constructor: 1, toString: 2 },
      { constructor: 1, toString: 2 },
    ],
    ['reads no inherited member of the source', { a: 1 }, {}, { a: 1 }],
  ])('%s', (_title, target, source, expected) => {
    mergeInto(target, source);
    expect(target).toEqual(expected);
    expect(Object.keys(target).sort()).toEqual(Object.keys(expected).sort());
  });

  it('replaces an exact number as a whole', () => {
    const [one, other] = [new ExactNumber('1.10'), new ExactNumber('2.20')];
    const target: Data = { a: one };
    mergeInto(target, { a: other });
    expect(target['a']).toBe(other);
  });

  it('takes inner values by reference, and writes into those of the target', () => {
    const [inner, added] = [{ x: 1 }, { z: 3 }];
    const target: Data = { a: inner };
    mergeInto(target, { a: { y: 2 }, b: added });
    expect(target['a']).toBe(inner);
    expect(inner).toEqual({ x: 1, y: 2 });
    expect(target['b']).toBe(added);
  });

  it('remembers that an object does not exist', () => {
    const target: Data = { a: { __typename: noSuchObject } };
    mergeInto(target, { a: { __typename: 'Media', x: 1 } });
    expect(target).toEqual({ a: { __typename: noSuchObject, x: 1 } });
  });

  it('leaves a value that both have as it is, even if it contains itself', () => {
    const loop: Data = {};
    loop['self'] = loop;
    const target: Data = { a: loop, b: [loop] };
    mergeInto(target, { a: loop, b: [loop] });
    expect(target['a']).toBe(loop);
  });
});

it('merge never writes a prototype, at any depth', () => {
  const target: Data = { a: {} };
  merge(target, JSON.parse('{ "__proto__": { "x": 1 }, "a": { "__proto__": { "x": 1 }, "y": 2 } }') as Data);
  expect(Object.getPrototypeOf(target)).toBe(Object.prototype);
  expect(Object.getPrototypeOf(target['a'])).toBe(Object.prototype);
  expect(target).toEqual({ a: { y: 2 } });
});

it.each([
  ['mergeOnly', mergeOnly],
  ['compileMerge', compileMerge],
])('%s writes only the names that the fetch may write, and the type name', (_name, mergeOf) => {
  const target: Data = { c: 1 };
  mergeOf(['a'])(target, { __typename: 'T', a: 1, b: 2, c: 3 });
  expect(target).toEqual({ __typename: 'T', a: 1, c: 1 });
});

describe('copyOf', () => {
  it('shares no object and no list with its source', () => {
    const source = { a: [{ x: [1] }], b: { y: null } };
    const copy = copyOf(source);
    expect(copy).toEqual(source);
    copy.a[0]!.x.push(2);
    Object.assign(copy.b, { y: 1 });
    expect(source).toEqual({ a: [{ x: [1] }], b: { y: null } });
  });

  it('keeps scalars, symbols and exact numbers', () => {
    const exact = new ExactNumber('9007199254740993');
    for (const value of [null, undefined, 0, '', false, noSuchObject, exact])
      expect(copyOf(value)).toBe(value);
    expect(copyOf({ a: [exact] }).a[0]).toBe(exact);
  });

  it('copies own members with inherited names, and makes none of them the prototype', () => {
    const copy = copyOf(JSON.parse('{ "constructor": 1, "__proto__": { "x": 1 } }') as Data);
    expect(JSON.stringify(copy)).toBe('{"constructor":1,"__proto__":{"x":1}}');
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(copy).not.toHaveProperty('x');
  });
});
