import { describe, expect, it } from 'vitest';

import type { DataRewrite, RewriteStep } from '../pipeline/prepared.ts';
import { applyRewrites } from './rewrites.ts';

describe('a rename', () => {
  it.each<[string, unknown, unknown]>([
    ['moves a value', { alias: 1 }, { name: 1 }],
    ['moves null', { alias: null }, { name: null }],
    ['moves nothing where there is nothing', { other: 1 }, { other: 1 }],
    ['replaces null by the value', { alias: 1, name: null }, { name: 1 }],
    ['keeps the value of the new name where the old one is null', { alias: null, name: 1 }, { name: 1 }],
    ['merges two parts of one object', { alias: { x: 1 }, name: { y: 2 } }, { name: { x: 1, y: 2 } }],
    ['merges two parts of one list', { alias: [{ x: 1 }], name: [{ y: 2 }] }, { name: [{ x: 1, y: 2 }] }],
  ])('%s', (_title, data, expected) => {
    applyRewrites([rename([{ key: 'alias' }], 'name')], data);
    expect(data).toEqual(expected);
  });

  it('reaches every element of lists, also of lists of lists', () => {
    const data = { items: [[{ alias: 1 }], null, [{ alias: 2 }, 3]] };
    applyRewrites([rename([{ key: 'items' }, { key: 'alias' }], 'name')], data);
    expect(data).toEqual({ items: [[{ name: 1 }], null, [{ name: 2 }, 3]] });
  });

  it('reads no inherited member', () => {
    const data = {};
    applyRewrites(
      [rename([{ key: 'constructor' }], 'name'), rename([{ key: '__proto__' }, { key: 'toString' }], 'name')],
      data,
    );
    expect(Object.keys(data)).toEqual([]);
    expect(Object.hasOwn(Object.prototype, 'name')).toBe(false);
  });

  it('applies in turn, so that two names can be exchanged', () => {
    const data = { a: 1, b: 2 };
    applyRewrites(
      [rename([{ key: 'a' }], 'c'), rename([{ key: 'b' }], 'a'), rename([{ key: 'c' }], 'b')],
      data,
    );
    expect(data).toEqual({ a: 2, b: 1 });
  });
});

describe('a condition on the type', () => {
  it.each<[string, unknown, boolean]>([
    ['of one of the types', { __typename: 'Film', alias: 1 }, true],
    ['of another type', { __typename: 'Clip', alias: 1 }, false],
    ['without a type name, which has the expected type', { alias: 1 }, true],
    ['whose type name is null', { __typename: null, alias: 1 }, false],
  ])('on an object %s', (_title, data, applies) => {
    applyRewrites([rename([{ types: ['Book', 'Film'] }, { key: 'alias' }], 'name')], data);
    expect((data as Record<string, unknown>)['name']).toBe(applies ? 1 : undefined);
  });

  it('holds for each element of a list by itself', () => {
    const data = [{ __typename: 'Book' }, { __typename: 'Clip' }];
    applyRewrites([set([{ types: ['Book'] }, { key: '__typename' }], 'Media')], data);
    expect(data).toEqual([{ __typename: 'Media' }, { __typename: 'Clip' }]);
  });
});

it('sets a value, whether there was one or not', () => {
  const data = { one: { kind: 'old' }, other: {} };
  applyRewrites(
    [set([{ key: 'one' }, { key: 'kind' }], 'new'), set([{ key: 'other' }, { key: 'kind' }], 'new')],
    data,
  );
  expect(data).toEqual({ one: { kind: 'new' }, other: { kind: 'new' } });
});

it('ignores a path that is empty or ends with a condition', () => {
  const data = { alias: 1 };
  applyRewrites([rename([], 'name'), rename([{ key: 'alias' }, { types: ['Book'] }], 'name')], data);
  expect(data).toEqual({ alias: 1 });
});

it.each([null, undefined, 1, 'alias', [], [[null]]])('leaves %j as it is', (data) => {
  expect(() => applyRewrites([rename([{ key: 'alias' }], 'name')], data)).not.toThrow();
});

function rename(path: RewriteStep[], to: string): DataRewrite {
  return { kind: 'rename', path, to };
}

function set(path: RewriteStep[], value: unknown): DataRewrite {
  return { kind: 'set', path, value };
}
