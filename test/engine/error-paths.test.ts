/** Errors of services stand at the fields of the client, whatever the planner asked the services. */
import { describe, expect, it } from 'vitest';

import { federated, type Fixture, type Part } from './fixtures/fixture.ts';
import type { Answer } from './oracle/compose.ts';
import { openEngine, type EngineOptions } from './ours/engine.ts';

const fail = (what: string): never => {
  throw new Error(what);
};

function ask(
  subgraphs: Readonly<Record<string, Part>>,
  query: string,
  options: EngineOptions = {},
): Promise<Answer> {
  const monolith = { typeDefs: 'type Query { a: Int }', resolvers: {} };
  const fixture: Fixture = {
    name: JSON.stringify(subgraphs),
    about: '',
    subgraphs,
    monolith,
    operations: [],
  };
  return openEngine(fixture, options).run({ query });
}

function errorsOf({ errors }: Answer): string[] {
  return errors.map(({ path = [], message }) => `${path.join('.')}: ${message}`);
}

describe('the error of a field that the planner gave an alias', () => {
  const other = {
    typeDefs: federated(`
      type Query { other: Int }
      type A @key(fields: "id") { id: ID! x: String @shareable }
      type B @key(fields: "id") { id: ID! x: String @shareable }`),
    resolvers: {},
  };
  const hits = {
    typeDefs: federated(`
      type Query { hits: [Hit] }
      union Hit = A | B
      type A @key(fields: "id") { id: ID! x: String! @shareable }
      type B @key(fields: "id") { id: ID! x: String @shareable y: Int }`),
    resolvers: {
      Query: {
        hits: () => [
          { __typename: 'A', id: 'a', x: 'ax' },
          { __typename: 'B', id: 'b', y: 1 },
        ],
      },
      B: { x: () => fail('no x') },
    },
  };

  it.each([
    '{ hits { ... on A { x } ... on B { x y } } }',
    '{ hits { ... on B { x y } ... on A { x } } }',
    '{ hits { ... on A { z: x } ... on B { z: x y } } }',
  ])('stands at that field: %s', async (query) => {
    const answer = await ask({ hits, other }, query);
    const name = query.includes('z:') ? 'z' : 'x';
    expect(answer.data).toEqual({ hits: [{ [name]: 'ax' }, { [name]: null, y: 1 }] });
    expect(errorsOf(answer)).toEqual([`hits.1.${name}: no x`]);
  });
});

it.each([
  ['{ product { sku code: sku } }', ['product.sku: no sku', 'product.code: no sku']],
  ['{ product { sku } again: product { code: sku } }', ['product.sku: no sku', 'again.code: no sku']],
  [
    '{ product { other { sku code: sku } also: other { sku } } }',
    ['product.other.sku: no sku', 'product.other.code: no sku', 'product.also.sku: no sku'],
  ],
])('the error of a key stands at each of its names: %s', async (query, errors) => {
  const sku = { sku: () => fail('no sku'), other: () => ({ id: 'p2' }) };
  const products = {
    typeDefs: federated(`
      type Query { product: Product }
      type Product @key(fields: "id") @key(fields: "sku") { id: ID! sku: String other: Product }`),
    resolvers: { Query: { product: () => ({ id: 'p' }) }, Product: sku },
  };
  const answer = await ask({ products }, query);
  expect(errorsOf(answer).toSorted()).toEqual(errors.toSorted());
});

describe('what is computed from a list of objects', () => {
  const lines = [{ id: 'l1' }, { id: 'l2' }];
  const orders = {
    typeDefs: federated(`
      type Query { order: Order }
      type Order @key(fields: "id") { id: ID! lines: [Line!]! @external total: Int @requires(fields: "lines { price }") }
      type Line @key(fields: "id") { id: ID! price: Int @external }`),
    resolvers: {
      Query: { order: () => ({ id: 'o' }) },
      Order: {
        __resolveReference: (order: Readonly<Record<string, unknown>>) => order,
        total: (order: Readonly<Record<string, unknown>>) =>
          (order['lines'] as Array<{ price: number } | null>).reduce(
            (sum, line) => sum + (line?.price ?? 0),
            0,
          ),
      },
    },
  };
  const baskets = {
    typeDefs: federated(`
      type Query { other: Int }
      type Order @key(fields: "id") { id: ID! lines: [Line!]! }
      type Line @key(fields: "id") { id: ID! }`),
    resolvers: {
      Order: { __resolveReference: ({ id }: Readonly<Record<string, unknown>>) => ({ id, lines }) },
    },
  };
  const prices = (priceOf: (id: unknown) => object | null) => ({
    typeDefs: federated(`
      type Query { another: Int }
      type Line @key(fields: "id") { id: ID! price: Int }`),
    resolvers: {
      Line: { __resolveReference: ({ id }: Readonly<Record<string, unknown>>) => priceOf(id) },
    },
  });
  const query = '{ order { total } }';

  it('is not computed where the fetch of one of them failed', async () => {
    const failing = prices((id) => (id === 'l2' ? fail('no price') : { id, price: 10 }));
    const answer = await ask({ orders, baskets, prices: failing }, query);
    expect(answer.data).toEqual({ order: { total: null } });
    expect(errorsOf(answer)).toEqual(['order: no price']);
    const beside = await ask({ orders, baskets, prices: failing }, '{ order { total lines { id } } }');
    expect(beside.data).toEqual({ order: { total: null, lines } });
    expect(errorsOf(beside)).toEqual(['order.lines.1: no price']);
  });

  it('is not computed from what was not computed because of that', async () => {
    const failing = prices((id) => (id === 'l2' ? fail('no price') : { id, price: 10 }));
    const taxes = {
      typeDefs: federated(`
        type Query { more: Int }
        type Line @key(fields: "id") { id: ID! price: Int @external tax: Int @requires(fields: "price") }`),
      resolvers: { Line: { tax: ({ price }: Readonly<Record<string, unknown>>) => Number(price) / 10 } },
    };
    const taxed = {
      typeDefs: federated(`
        type Query { order: Order }
        type Order @key(fields: "id") { id: ID! lines: [Line!]! @external taxes: Int @requires(fields: "lines { tax }") }
        type Line @key(fields: "id") { id: ID! tax: Int @external }`),
      resolvers: {
        Query: { order: () => ({ id: 'o' }) },
        Order: {
          __resolveReference: (order: Readonly<Record<string, unknown>>) => order,
          taxes: (order: Readonly<Record<string, unknown>>) =>
            (order['lines'] as Array<{ tax: number } | null>).reduce(
              (sum, line) => sum + (line?.tax ?? 0),
              0,
            ),
        },
      },
    };
    const subgraphs = { taxed, baskets, taxes, prices: failing };
    expect((await ask(subgraphs, '{ order { taxes } }')).data).toEqual({ order: { taxes: null } });
    const whole = prices((id) => ({ id, price: 10 }));
    expect(await ask({ ...subgraphs, prices: whole }, '{ order { taxes } }')).toEqual({
      data: { order: { taxes: 2 } },
      errors: [],
    });
  });

  it('is not computed where a service is refused', async () => {
    const whole = prices((id) => ({ id, price: 10 }));
    const refused = new Map([['prices', { cost: 2, maximum: 1 }]]);
    const answer = await ask({ orders, baskets, prices: whole }, query, { refusedServices: () => refused });
    expect(answer.data).toEqual({ order: { total: null } });
    expect(errorsOf(answer)).toEqual([
      'order: This part of the operation has an estimated cost of 2; at most 1 is allowed',
    ]);
  });

  it('is computed where one of them is not there', async () => {
    const lacking = prices((id) => (id === 'l2' ? null : { id, price: 10 }));
    expect(await ask({ orders, baskets, prices: lacking }, query)).toEqual({
      data: { order: { total: 10 } },
      errors: [],
    });
  });
});

it('an argument from a context is null where its service does not know the object', async () => {
  const link =
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@context", "@fromContext"])';
  const subgraphs: Readonly<Record<string, Part>> = {
    shops: {
      typeDefs: `${link} type Query { shops: [Shop!]! }
        type Shop @key(fields: "id") { id: ID! items: [Item!]! } type Item @key(fields: "id") { id: ID! }`,
      resolvers: {
        Query: {
          shops: () => [
            { id: 's1', items: [{ id: 'i1' }] },
            { id: 's2', items: [{ id: 'i1' }] },
          ],
        },
      },
    },
    finance: {
      typeDefs: `${link} type Query { a: Int } type Shop @key(fields: "id") { id: ID! factor: Int }`,
      resolvers: {
        Shop: {
          __resolveReference: ({ id }: Readonly<Record<string, unknown>>) =>
            id === 's1' ? null : { id, factor: 3 },
        },
      },
    },
    prices: {
      typeDefs: `${link} type Query { b: Int }
        type Shop @key(fields: "id") @context(name: "shop") { id: ID! factor: Int @external }
        type Item @key(fields: "id") { id: ID! price(f: Int @fromContext(field: "$shop { factor }")): String note: String }`,
      resolvers: {
        Item: {
          __resolveReference: ({ id }: Readonly<Record<string, unknown>>) => ({ id, note: 'new' }),
          price: (_: unknown, { f }: Readonly<Record<string, unknown>>) => `times ${String(f)}`,
        },
      },
    },
  };
  const answer = await ask(subgraphs, '{ shops { items { price note } } }');
  expect(answer).toMatchObject({
    data: {
      shops: [
        { items: [{ price: 'times null', note: 'new' }] },
        { items: [{ price: 'times 3', note: 'new' }] },
      ],
    },
    errors: [],
  });
});

it('an argument from a context is not computed from what was not asked for', async () => {
  const link =
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@context", "@fromContext"])';
  const asked: string[] = [];
  const byId = ({ id }: Readonly<Record<string, unknown>>) => ({ id });
  const subgraphs: Readonly<Record<string, Part>> = {
    stores: {
      typeDefs: `${link} type Query { store: Store } type Store @key(fields: "id") { id: ID! good: Good }
        type Good @key(fields: "id") { id: ID! accessory: Accessory } type Accessory @key(fields: "id") { id: ID! }`,
      resolvers: { Query: { store: () => ({ id: 's', good: { id: 'g', accessory: { id: 'a' } } }) } },
    },
    levels: {
      typeDefs: `${link} type Query { a: Int } type Store @key(fields: "id") { id: ID! level: Int }`,
      resolvers: { Store: { __resolveReference: () => fail('no level') } },
    },
    goods: {
      typeDefs: `${link} type Query { b: Int }
        type Store @key(fields: "id") @context(name: "store") { id: ID! level: Int @external }
        type Good @key(fields: "id") { id: ID! base: Int grade(level: Int @fromContext(field: "$store { level }")): Int }`,
      resolvers: { Good: { __resolveReference: byId, base: () => 7, grade: () => 1 } },
    },
    fees: {
      typeDefs: `${link} type Query { c: Int }
        type Good @key(fields: "id") @context(name: "good") { id: ID! base: Int @external }
        type Accessory @key(fields: "id") { id: ID! fee(base: Int @fromContext(field: "$good { base }")): String }`,
      resolvers: {
        Accessory: {
          __resolveReference: byId,
          fee: (_: unknown, { base }: Readonly<Record<string, unknown>>) => asked.push(String(base)),
        },
      },
    },
  };
  const answer = await ask(subgraphs, '{ store { good { grade accessory { fee } } } }');
  expect(answer.data).toEqual({ store: { good: { grade: null, accessory: { fee: null } } } });
  expect([asked, answer.errors.length]).toEqual([[], 1]);
});

it('an unfit value is said to be of the type of its object', async () => {
  const pets = {
    typeDefs: federated(`
      type Query { pets: [Pet] }
      interface Pet { name: String! }
      type Cat implements Pet { name: String! }
      type Dog implements Pet { name: String! }`),
    resolvers: { Query: { pets: () => [{ __typename: 'Dog', name: ['Rex'] }] } },
  };
  const fixture: Fixture = {
    name: 'pets',
    about: '',
    subgraphs: { pets },
    monolith: { typeDefs: 'type Query { a: Int }', resolvers: {} },
    operations: [],
  };
  const answer = await openEngine(fixture, {
    around: (_, subgraph) => ({
      ...subgraph,
      fetch: () => Promise.resolve({ data: { pets: [{ __typename: 'Dog', name: 5 }] } }),
    }),
  }).run({ query: '{ pets { name } }' });
  expect(errorsOf(answer)[0]).toMatch(/^pets.0.name: Expected String for field Dog\.name, got a number/);
});
