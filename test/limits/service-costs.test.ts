/** What an operation costs each service, and services that are not asked because that is too much. */
import { describe, expect, it } from 'vitest';

import { estimateByService, plannedCalls } from '../../src/operation/cost/estimate.ts';
import { openShop, useShop } from '../support/shop.ts';
import { costedGraph, type CostedGraph } from './costed-graph.ts';

const options = { listSize: 100, byService: true };

function byService(graph: CostedGraph, query: string, values?: Record<string, unknown>) {
  const { prepared, variables } = graph.prepare(query, values);
  return {
    ...Object.fromEntries(estimateByService(prepared.cost, variables)),
    calls: plannedCalls(prepared.cost, variables),
  };
}

describe("planned calls cost what Apollo's router says", () => {
  const ships = (listSize: string): CostedGraph =>
    costedGraph(
      {
        users: `
          type Query { users: [User!]! }
          type Address @shareable { street: String! zipCode: Int! }
          type User @key(fields: "licenseNumber") { licenseNumber: ID! name: String! addresses: [Address!]! }
        `,
        vehicles: `
          type Query { ships: [Ship!]! ${listSize} }
          type Address @shareable { zipCode: Int! @external }
          type Ship @key(fields: "id") {
            id: ID! name: String! owner: User!
            registrationFee: Float @requires(fields: "owner { addresses { zipCode } }")
          }
          type User @key(fields: "licenseNumber") { licenseNumber: ID! addresses: [Address!]! @external }
        `,
      },
      options,
    );

  it('federated_query_with_fragments: 400 together', () => {
    const query = '{ ships { owner { ...F } } users { ...F } } fragment F on User { licenseNumber name }';
    expect(byService(ships(''), query)).toEqual({ vehicles: 200, users: 200, calls: 3 });
    expect(ships('').costOf(query)).toBe(300);
  });

  it('federated_query_with_requires: 10,000 addresses are fetched for a fee that nobody sees', () => {
    expect(byService(ships(''), '{ ships { registrationFee } }')).toEqual({
      vehicles: 300,
      users: 10_100,
      calls: 3,
    });
  });

  it('entity_fetch_cardinality_uses_parent_list_size: 5 for the ships, 5 for the entities', () => {
    const query = '{ ships { owner { name } } }';
    expect(byService(ships('@listSize(assumedSize: 5)'), query)).toEqual({
      vehicles: 10,
      users: 5,
      calls: 2,
    });
  });

  it('entity_fetch_cardinality_multiplies_for_nested_lists: 20,100 together', () => {
    const graph = costedGraph(
      {
        companies: `
          type Query { companies: [Company!]! }
          type Company { employees: [Employee!]! }
          type Employee @key(fields: "id") { id: ID! }
        `,
        people: 'type Employee @key(fields: "id") { id: ID! name: String }',
      },
      options,
    );
    expect(byService(graph, '{ companies { employees { name } } }')).toEqual({
      companies: 10_100,
      people: 10_000,
      calls: 2,
    });
  });
});

describe('the cost of a service', () => {
  const graph = costedGraph(
    {
      catalog: `
        type Query {
          page(first: Int): Page @listSize(slicingArguments: ["first"], sizedFields: ["books { items }"])
          top(first: Int = 3): [Book] @listSize(slicingArguments: ["first"])
          any: [Thing]
        }
        type Mutation { add(title: String!): Book }
        interface Thing { id: ID! }
        type Page @key(fields: "id") { id: ID! books: Shelf }
        type Shelf @key(fields: "id") { id: ID! }
        type Book implements Thing @key(fields: "id") { id: ID! title: String }
        type Film implements Thing @key(fields: "id") { id: ID! title: String }
      `,
      shelves:
        'type Shelf @key(fields: "id") { id: ID! items(only: Kind @cost(weight: 7)): [Book] } enum Kind { NEW } type Book @key(fields: "id", resolvable: false) { id: ID! }',
      stars:
        'type Book @key(fields: "id") { id: ID! stars: Int @cost(weight: 2) } type Film @key(fields: "id") { id: ID! stars: Int @cost(weight: 4) }',
    },
    { listSize: 10, byService: true },
  );

  it('goes by slicing arguments in variables, for entities too', () => {
    const query = 'query ($n: Int) { top(first: $n) { stars } }';
    expect(byService(graph, query, { n: 4 })).toEqual({ catalog: 4, stars: 12, calls: 2 });
    expect(byService(graph, query)).toEqual({ catalog: 3, stars: 9, calls: 2 });
  });

  it('goes by sizes that another service declares for lists below', () => {
    const query = 'query ($k: Kind) { page(first: 6) { books { items(only: $k) { stars } } } }';
    expect(byService(graph, query, { k: 'NEW' })).toEqual({ catalog: 2, shelves: 14, stars: 18, calls: 3 });
    expect(byService(graph, query)).toEqual({ catalog: 2, shelves: 7, stars: 18, calls: 3 });
  });

  it('goes by the outer list, and by the default for lists in it', () => {
    const nested = costedGraph(
      {
        one: 'type Query { grid: [[Book]] @listSize(assumedSize: 2) } type Book @key(fields: "id") { id: ID! }',
        two: 'type Book @key(fields: "id") { id: ID! stars: Int }',
      },
      { listSize: 5, byService: true },
    );
    expect(byService(nested, '{ grid { stars } }')).toEqual({ one: 10, two: 10, calls: 2 });
  });

  it('goes by conditions', () => {
    const query = 'query ($stars: Boolean!) { top { title stars @include(if: $stars) } }';
    expect(byService(graph, query, { stars: true })).toEqual({ catalog: 3, stars: 9, calls: 2 });
    expect(byService(graph, query, { stars: false })).toEqual({ catalog: 3, stars: 0, calls: 1 });
  });

  it('of an abstract type is that of its dearest member', () => {
    expect(byService(graph, '{ any { ... on Book { stars } ... on Film { stars } } }')).toEqual({
      catalog: 10,
      stars: 50,
      calls: 2,
    });
  });

  it('of a mutation has its 10', () => {
    expect(byService(graph, 'mutation { add(title: "x") { stars } }')).toEqual({
      catalog: 11,
      stars: 3,
      calls: 2,
    });
  });
});

describe('a service above its maximum', () => {
  const shop = useShop({
    settings: 'limits: { cost: { subgraphs: { reviews: { max: 9 }, all: { max: 1000 } } } }\n',
  });

  it('is not asked: its fields are null with one error, and the rest comes', async () => {
    const { status, data, errors } = await shop.query(
      '{ topProducts { upc averageRating } product(upc: "p1") { name } }',
    );
    const { topProducts } = data as { topProducts: Array<{ upc: string; averageRating: null }> };
    expect(status).toBe(200);
    expect(topProducts).toHaveLength(5);
    expect(topProducts.every(({ upc, averageRating }) => upc !== '' && averageRating === null)).toBe(true);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]).toMatchObject({
      path: ['topProducts', 0, 'averageRating'],
      extensions: { code: 'SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE', service: 'reviews', cost: 10, maximum: 9 },
    });
    expect(shop.mocks.service('reviews').calls.total).toBe(0);
  });

  it('explains all nulls with that one error, also where non-null fields pass them on', async () => {
    const { data, errors } = await shop.query('{ topProducts { upc reviews { id } } }');
    expect(data).toBeNull();
    expect(errors?.map(({ extensions }) => extensions['code'])).toEqual([
      'SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE',
    ]);
  });

  it('is asked for less', async () => {
    const { data, errors } = await shop.query('{ product(upc: "p1") { averageRating } }');
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ product: { averageRating: expect.any(Number) } });
  });
});

it('a maximum of a service that is not in the graph is refused: it would limit nothing', async () => {
  const settings = 'limits: { cost: { subgraphs: { review: { max: 9 }, all: { max: 5 } } } }\n';
  await expect(openShop({ settings })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: 'limits.cost.subgraphs: the graph has no "review" (did you mean "reviews"?)',
  });
});
