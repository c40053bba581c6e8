/** That a body gives away what is listed, and nothing else, however a client names it. */

import { expect, it } from 'vitest';

import type { FieldOutline, ShapeOutline } from '../../shared/operation-events.ts';
import { allowedFields, allowedPart } from './allowed-fields.ts';

const part = (body: unknown, ...paths: string[]): unknown => allowedPart(body, allowedFields(paths), null);
const secret = 'swordfish';

it('only scalars at listed paths are picked, also in lists', () => {
  const body = {
    id: 7,
    name: secret,
    items: [{ id: 1, price: secret }, { id: 2, tags: [secret] }, null],
    flags: [true, [false]],
    owner: { id: 'u1', [secret]: secret },
  };
  expect(part(body, 'id', 'items.id', 'flags', 'owner.id')).toEqual({
    id: 7,
    items: [{ id: 1 }, { id: 2 }, null],
    flags: [true, [false]],
    owner: { id: 'u1' },
  });
});

it.each([
  ['an object at a listed path', { id: { inner: secret } }, 'id', {}],
  ['a scalar above a listed path', { input: secret }, 'input.id', {}],
  [
    'lists nested deeper than any schema has them',
    { id: [[[[[[secret]]]]]] },
    'id',
    { id: [[[[[undefined]]]]] },
  ],
  ['an inherited member', JSON.parse('{"__proto__":{"id":"swordfish"}}') as unknown, 'id', {}],
])('%s gives away nothing', (_what, body, path, expected) => {
  expect(part(body, path)).toEqual(expected);
  expect(JSON.stringify(part(body, path))).not.toContain(secret);
});

it('a body that is nested a hundred thousand times is no problem', () => {
  const depth = 100_000;
  const body = JSON.parse(`{"id":${'['.repeat(depth)}${']'.repeat(depth)}}`) as unknown;
  expect(() => part(body, 'id')).not.toThrow();
});

it('a long list has its first elements, and how many more there are', () => {
  const ids = Array.from({ length: 1000 }, (_, i) => i);
  const { id } = part({ id: ids }, 'id') as { id: unknown[] };
  expect([id.length, id[49], id[50]]).toEqual([51, 49, '950 more']);
});

it('a listed name that is an alias of another field gives away nothing', () => {
  const body = { order: { id: secret, total: 5 }, other: { id: 'o2' } };
  const shapes = [
    shape(field('order', 'Query.order', 1), field('other', 'Query.order', 2)),
    shape(field('id', 'Order.cardNumber'), field('total', 'Order.total')),
    shape(field('id', 'Order.id')),
  ];
  const allowed = allowedFields(['order.id', 'order.total', 'other.id']);
  // `other` is an alias of `order`, so its path is not the listed one.
  expect(allowedPart(body, allowed, { all: shapes, numbers: [0] })).toEqual({ order: { total: 5 } });
});

it('a name that is a field of one runtime type and an alias in another gives away nothing', () => {
  const shapes: ShapeOutline[] = [
    shape(field('node', 'Query.node', 1)),
    { cases: [{ fields: [field('id', 'User.id')] }, { fields: [field('id', 'Card.number')] }] },
  ];
  const allowed = allowedFields(['node.id']);
  expect(allowedPart({ node: { id: secret } }, allowed, { all: shapes, numbers: [0] })).toEqual({ node: {} });
});

function shape(...fields: FieldOutline[]): ShapeOutline {
  return { cases: [{ fields }] };
}

function field(key: string, name: string, shapeNumber?: number): FieldOutline {
  const value = shapeNumber === undefined ? { is: 'scalar' } : { is: 'object', shape: shapeNumber };
  return { key, name, value };
}
