import { buildSchema } from 'graphql';
import { expect, it } from 'vitest';

import type { FetchNode, NumberPaths, PlanNode } from '../pipeline/prepared.ts';
import { withNumberPaths } from './number-places.ts';

const schema = buildSchema(`
  scalar Money
  enum Color { RED }
  type Query { book: Book total: Money count: Int media: Media }
  type Mutation { pay: Money }
  interface Media { price: Money }
  type Book implements Media { price: Money title: String weights: [[Money!]!] next: Book color: Color }
`);

it.each<[string, string, NumberPaths]>([
  ['a custom scalar', '{total}', [['total', null]]],
  ['a custom scalar of a mutation', 'mutation{pay}', [['pay', null]]],
  ['the response name of an alias', '{t:total}', [['t', null]]],
  ['a custom scalar below objects', '{book{next{price}}}', [['book', [['next', [['price', null]]]]]]],
  ['lists of a custom scalar', '{book{weights}}', [['book', [['weights', null]]]]],
  [
    'a custom scalar under a type condition',
    '{media{...on Book{weights}}}',
    [['media', [['weights', null]]]],
  ],
  ['a custom scalar in a fragment without a condition', '{...{total count}}', [['total', null]]],
  ['entities by their type', '{_entities{...on Book{price title}}}', [['_entities', [['price', null]]]]],
  [
    'every value of a type that is not in the API schema',
    '{_entities{...on Secret{x y{z}}}}',
    [
      [
        '_entities',
        [
          ['x', null],
          ['y', [['z', null]]],
        ],
      ],
    ],
  ],
  ['a field that the API schema does not have', '{book{secret}}', [['book', [['secret', null]]]]],
  ['a field with an inherited name', '{book{constructor}}', [['book', [['constructor', null]]]]],
  [
    'a name twice, once per type',
    '{media{price ...on Book{price}}}',
    [
      [
        'media',
        [
          ['price', null],
          ['price', null],
        ],
      ],
    ],
  ],
])('finds %s in %s', (_title, operation, numbers) => {
  expect(withNumberPaths(fetch(operation), schema)).toMatchObject({ numbers });
});

it.each([
  '{count}',
  '{book{title color __typename}}',
  '{__typename}',
  '{_entities{...on Secret{__typename}}}',
])('has no places for %s', (operation) =>
  expect(withNumberPaths(fetch(operation), schema)).not.toHaveProperty('numbers'),
);

it('reaches every fetch of a plan, and what is fetched instead of it', () => {
  const partial = fetch('{book{price}}');
  const plan: PlanNode = {
    kind: 'sequence',
    nodes: [
      { kind: 'flatten', path: [], node: { ...fetch('{count}'), partialFetches: [partial] } },
      {
        kind: 'condition',
        variable: 'x',
        whenTrue: null,
        whenFalse: { kind: 'parallel', nodes: [fetch('{total}')] },
      },
    ],
  };
  const found = JSON.stringify(withNumberPaths(plan, schema)).match(/"numbers":\S+?]]/g);
  expect(found).toEqual(['"numbers":[["book",[["price",null]]', '"numbers":[["total",null]]']);
});

function fetch(operation: string): FetchNode {
  return {
    kind: 'fetch',
    service: 'books',
    operation,
    operationName: null,
    operationKind: 'query',
    variables: [],
    writes: [],
    requires: null,
    resolvesTypes: [],
    inputRewrites: [],
    outputRewrites: [],
    partialFetches: [],
  };
}
