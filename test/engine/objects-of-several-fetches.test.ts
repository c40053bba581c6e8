/** Objects that several fetches, or parts of a split operation, contribute to. What is expected is what one server says. */

import { describe, expect, it } from 'vitest';

import { federated, type Fixture } from './fixtures/fixture.ts';
import { openEngine } from './ours/engine.ts';

const monolith = { typeDefs: 'type Query { unused: Int }', resolvers: {} };

/** An operation on both is planned in two parts: each needs one price with two arguments. */
const prices: Fixture = {
  name: 'prices of members',
  about: 'fields of one name that belong to another part by the type of their object',
  subgraphs: {
    catalog: {
      typeDefs: federated(`
        enum Cur { EUR USD }
        union Item = Post | Note
        type Query { items: [Item] }
        type Post @key(fields: "id") { id: ID! offer: Offer }
        type Note @key(fields: "id") { id: ID! price(in: Cur!): Int }
        type Offer @key(fields: "id") { id: ID! name: String price(in: Cur!): Int }`),
      resolvers: {
        Query: {
          items: () => [
            { __typename: 'Post', id: 'p1' },
            { __typename: 'Note', id: 'n1' },
          ],
        },
        Post: { __resolveReference: ({ id }) => ({ id }), offer: () => ({ id: 'o1', name: 'O' }) },
        Note: {
          __resolveReference: ({ id }) => ({ id }),
          price: (_, args) => (args['in'] === 'EUR' ? 1 : 2),
        },
        Offer: {
          __resolveReference: ({ id }) => ({ id, name: 'O' }),
          price: (_, args) => (args['in'] === 'EUR' ? 1 : 2),
        },
      },
    },
    shop: {
      typeDefs: federated(`
        enum Cur { EUR USD }
        type Note @key(fields: "id") { id: ID! price(in: Cur!): Int @external
          inEur: String @requires(fields: "price(in: EUR)")
          offer: Offer @requires(fields: "price(in: USD)") }
        type Offer @key(fields: "id") { id: ID! price(in: Cur!): Int @external
          inEur: String @requires(fields: "price(in: EUR)")
          inUsd: String @requires(fields: "price(in: USD)") }`),
      resolvers: {
        Note: {
          __resolveReference: (row) => row,
          inEur: (row) => `EUR ${String(row['price'])}`,
          offer: () => ({ id: 'o2' }),
        },
        Offer: {
          __resolveReference: (row) => row,
          inEur: (row) => `EUR ${String(row['price'])}`,
          inUsd: (row) => `USD ${String(row['price'])}`,
        },
      },
    },
  },
  monolith,
  operations: [],
};

/** Both interfaces are objects in the same two services. */
const hits: Fixture = {
  name: 'two interface objects',
  about: 'one fetch of members of two interfaces of which a service knows no types',
  subgraphs: {
    search: {
      typeDefs: federated(`
        union Hit = Book | Admin
        type Query { hits: [Hit] }
        interface Media @key(fields: "id") { id: ID! }
        type Book implements Media @key(fields: "id") { id: ID! }
        interface Account @key(fields: "id") { id: ID! }
        type Admin implements Account @key(fields: "id") { id: ID! }`),
      resolvers: {
        Query: {
          hits: () => [
            { __typename: 'Book', id: 'b1' },
            { __typename: 'Admin', id: 'a1' },
          ],
        },
        Media: { __resolveReference: ({ id }) => ({ __typename: 'Book', id }) },
        Account: { __resolveReference: ({ id }) => ({ __typename: 'Admin', id }) },
      },
    },
    social: {
      typeDefs: federated(`
        type Media @interfaceObject @key(fields: "id") @key(fields: "sku") { id: ID! sku: ID! reviews: Int }
        type Account @interfaceObject @key(fields: "id") @key(fields: "code") { id: ID! code: ID! messages: Int }`),
      resolvers: {
        Media: { __resolveReference: ({ id }) => ({ id, sku: `s-${String(id)}`, reviews: 3 }) },
        Account: { __resolveReference: ({ id }) => ({ id, code: `c-${String(id)}`, messages: 4 }) },
      },
    },
    trade: {
      typeDefs: federated(`
        type Media @interfaceObject @key(fields: "sku") { sku: ID! price: Int }
        type Account @interfaceObject @key(fields: "code") { code: ID! quota: Int }`),
      resolvers: {
        Media: { __resolveReference: ({ sku }) => ({ sku, price: 5 }) },
        Account: { __resolveReference: ({ code }) => ({ code, quota: 6 }) },
      },
    },
  },
  monolith,
  operations: [],
};

/** One of two services knows the owner as what it always is. */
const owners: Fixture = {
  name: 'narrower types',
  about: 'shared fields with an object type in one service and an interface in the other',
  subgraphs: {
    a: {
      typeDefs: federated(`
        type Query { owner: User @shareable owners: [User!] @shareable thing: Thing }
        type User @key(fields: "id") { id: ID! name: String @shareable email: String }
        type Thing @key(fields: "id") { id: ID! keeper: User @shareable }`),
      resolvers: {
        Query: {
          owner: () => ({ id: 'u1', name: 'Ann', email: 'a@x' }),
          owners: () => [{ id: 'u1', name: 'Ann', email: 'a@x' }],
          thing: () => ({ id: 't1', keeper: { id: 'u1', name: 'Ann', email: 'a@x' } }),
        },
        User: { __resolveReference: ({ id }) => ({ id, name: 'Ann', email: 'a@x' }) },
        Thing: { __resolveReference: ({ id }) => ({ id, keeper: { id: 'u1', name: 'Ann', email: 'a@x' } }) },
      },
    },
    b: {
      typeDefs: federated(`
        type Query { owner: Person @shareable owners: [Person!] @shareable }
        interface Person { name: String }
        type User implements Person @key(fields: "id") { id: ID! name: String @shareable }
        type Thing @key(fields: "id") { id: ID! keeper: Person @shareable }`),
      resolvers: {
        Query: {
          owner: () => ({ __typename: 'User', id: 'u1', name: 'Ann' }),
          owners: () => [{ __typename: 'User', id: 'u1', name: 'Ann' }],
        },
        User: { __resolveReference: ({ id }) => ({ id, name: 'Ann' }) },
        Thing: {
          __resolveReference: ({ id }) => ({ id, keeper: { __typename: 'User', id: 'u1', name: 'Ann' } }),
        },
      },
    },
  },
  monolith,
  operations: [],
};

const offer = { name: 'O', inEur: 'EUR 1', inUsd: 'USD 2' };

describe.each([
  ['generated', false],
  ['interpreted', true],
])('with %s code', (_, interpreted) => {
  it.each([
    '... on Post { offer { name inEur inUsd } } ... on Note { inEur offer { name } }',
    '... on Note { inEur offer { name } } ... on Post { offer { name inEur inUsd } }',
  ])('a part of a split operation adds to an object that another part has: %s', async (selection) => {
    const engine = openEngine(prices, { interpreted });
    const { data, errors } = await engine.run({ query: `{ items { ${selection} } }` });
    expect(errors).toEqual([]);
    expect(data).toEqual({ items: [{ offer }, { inEur: 'EUR 1', offer: { name: 'O' } }] });
  });

  it.each<[string, unknown]>([
    ['{ owner { name ... on User { email } } }', { owner: { name: 'Ann', email: 'a@x' } }],
    ['{ owner { name } }', { owner: { name: 'Ann' } }],
    ['{ owner { __typename ... on User { id } } }', { owner: { __typename: 'User', id: 'u1' } }],
    ['{ owners { ... on User { email } } }', { owners: [{ email: 'a@x' }] }],
    ['{ x: thing { k: keeper { ... on User { email } } } }', { x: { k: { email: 'a@x' } } }],
  ])('an object has its type where its service knows no other: %s', async (query, expected) => {
    const { data, errors } = await openEngine(owners, { interpreted }).run({ query });
    expect(errors).toEqual([]);
    expect(data).toEqual(expected);
  });

  it('the names of two interface objects in one fetch are types of no object', async () => {
    const engine = openEngine(hits, { interpreted });
    const query = `{ hits { __typename ... on Media { reviews price } ... on Account { messages quota } } }`;
    const { data, errors } = await engine.run({ query });
    expect(errors).toEqual([]);
    expect(data).toEqual({
      hits: [
        { __typename: 'Book', reviews: 3, price: 5 },
        { __typename: 'Admin', messages: 4, quota: 6 },
      ],
    });
  });
});
