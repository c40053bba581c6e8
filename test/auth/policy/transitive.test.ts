/** What is guarded stays guarded when a field is computed from it by @fromContext, or moves to another subgraph by label. */
import { expect, it } from 'vitest';

import { serveGraph, type ServedSubgraph } from '../guarded-graph.ts';
import { guardedGateway } from '../support/guarded-gateway.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external",
  "@context", "@fromContext", "@override", "@authenticated"])\n`;

const items = [{ id: 'i1' }, { id: 'i2' }];
const subgraphs: Readonly<Record<string, ServedSubgraph>> = {
  shops: {
    sdl: `${link}
      type Query { shops: [Shop!]! }
      type Shop @key(fields: "id") { id: ID! factor: String @authenticated items: [Item!]! }
      type Item @key(fields: "id") { id: ID! stock: String @authenticated size: String }`,
    resolvers: {
      Query: { shops: () => [{ id: 's1', factor: 'canary factor', items }] },
      Item: { __resolveReference: (row: object) => row, stock: () => 'canary old', size: () => 'small' },
    },
  },
  prices: {
    sdl: `${link}
      type Shop @key(fields: "id") @context(name: "shop") { id: ID! factor: String @external }
      type Item @key(fields: "id") {
        id: ID!
        price(factor: String @fromContext(field: "$shop { factor }")): String @authenticated
        stock: String @override(from: "shops", label: "stock-moves") @authenticated
      }`,
    resolvers: {
      Item: {
        __resolveReference: (row: object) => row,
        price: (_: unknown, { factor }: { factor: unknown }) => `price by ${String(factor)}`,
        stock: () => 'canary new',
      },
    },
  },
};

const query = '{ shops { items { size price stock } } }';

it.each([false, true])('with the label %s, who may not see the value sees nothing of it', async (label) => {
  const graph = await guardedGateway({
    serve: () =>
      // Composition insists that the computed field demands as much; other compositions do not, and it must not matter.
      serveGraph(subgraphs, (sdl) => {
        const edited = sdl.replace(/( price[^\n]*) @authenticated/, '$1');
        if (edited === sdl) throw new Error('composition writes this in another way');
        return edited;
      }),
    settings: `labels: { stock-moves: ${label} }`,
    policy: 'export const policy = ({ allow }) => ({ permissions: {}, fallbackRule: allow });',
  });
  const allowed = await graph.query(query, { claims: { sub: 'ada' } });
  const stock = label ? 'canary new' : 'canary old';
  const item = { size: 'small', price: 'price by canary factor', stock };
  expect(allowed).toMatchObject({ data: { shops: [{ items: [item, item] }] }, errors: undefined });

  const before = graph.graph.calls;
  const denied = await graph.query(query);
  expect(denied.text).not.toContain('canary');
  const nothing = { size: 'small', price: null, stock: null };
  expect(denied.data).toEqual({ shops: [{ items: [nothing, nothing] }] });
  expect(denied.errors?.map(({ path }) => path?.join('.'))).toEqual(
    [0, 1].flatMap((i) => [`shops.0.items.${i}.price`, `shops.0.items.${i}.stock`]),
  );
  // What is denied is not fetched.
  expect(graph.graph.calls - before).toBe(1);
});
