/** Two fetches of the same entities from one subgraph become one, without one depending on the other's requirements. */
import { expect, it } from 'vitest';

import { GatewayError } from '../../src/shared/errors.ts';
import { federated, type Fixture } from './fixtures/fixture.ts';
import { openEngine } from './ours/engine.ts';

const items = [{ upc: 'a' }, { upc: 'b' }, { upc: 'a' }];

/** The stock has `inStock` by the key alone, and `cost` once the catalog has told the price. */
const fixture: Fixture = {
  name: 'stock',
  about: 'one subgraph asked at once and again later',
  subgraphs: {
    lists: {
      typeDefs: federated(
        'type Query { items: [Item!]! } type Item @key(fields: "upc", resolvable: false) { upc: ID! }',
      ),
      resolvers: { Query: { items: () => items } },
    },
    catalog: {
      typeDefs: federated('type Item @key(fields: "upc") { upc: ID! price: Int }'),
      resolvers: { Item: { __resolveReference: ({ upc }) => ({ upc, price: upc === 'a' ? 3 : null }) } },
    },
    stock: {
      typeDefs: federated(`
        type Item @key(fields: "upc") {
          upc: ID! inStock: Boolean price: Int @external cost: String @requires(fields: "price")
        }`),
      resolvers: {
        Item: {
          __resolveReference: (key) => key,
          inStock: ({ upc }) => upc === 'a',
          cost: ({ upc, price }) => `${String(upc)} ${String(price)}`,
        },
      },
    },
  },
  monolith: { typeDefs: 'type Query { unused: Int }', resolvers: {} },
  operations: [],
};

const query = '{ items { upc inStock cost } }';

it('asks a subgraph once for what it has at once and what has to wait for a requirement', async () => {
  const engine = openEngine(fixture);
  expect(await engine.run({ query })).toEqual({
    data: {
      items: [
        { upc: 'a', inStock: true, cost: 'a 3' },
        { upc: 'b', inStock: false, cost: 'b null' },
        { upc: 'a', inStock: true, cost: 'a 3' },
      ],
    },
    errors: [],
  });
  expect(engine.calls.map(({ service }) => service)).toEqual(['lists', 'catalog', 'stock']);
});

it('asks by itself for what it has at once when the requirement cannot be had', async () => {
  const engine = openEngine(fixture, {
    around: (service, subgraph) =>
      service === 'catalog'
        ? {
            ...subgraph,
            fetch: () => Promise.reject(new GatewayError('SERVICE_UNAVAILABLE', 'out of order')),
          }
        : subgraph,
  });
  const { data, errors } = await engine.run({ query });
  expect(data).toEqual({
    items: [
      { upc: 'a', inStock: true, cost: null },
      { upc: 'b', inStock: false, cost: null },
      { upc: 'a', inStock: true, cost: null },
    ],
  });
  expect(errors.map(({ path, extensions }) => [path, extensions?.['service']])).toEqual([
    [['items', 0], 'catalog'],
    [['items', 1], 'catalog'],
    [['items', 2], 'catalog'],
  ]);
});
