import { buildSchema, parse, validate } from 'graphql';
import { expect, it } from 'vitest';

import { sampleOperations } from './sample-operations.ts';

const schema = buildSchema(/* GraphQL */ `
  scalar Custom
  enum Size {
    SMALL
  }
  input Page {
    first: Int!
    sizes: [Size!]!
  }
  interface Node {
    id: ID!
  }
  type Product implements Node {
    id: ID!
    title(in: String!): String
    price: Float
    stock: Int
    seller: Seller!
    related(page: Page!): [Product!]!
    odd(by: Custom!): Product
  }
  type Seller implements Node {
    id: ID!
    name: String
    products: [Product!]
  }
  union Hit = Product | Seller
  type Query {
    product(id: ID!): Product
    node: Node
    hits(page: Page): [Hit!]!
    size: Size
  }
`);

it('gives different valid operations, and no field whose arguments it cannot give', () => {
  const samples = [...sampleOperations(schema, 12)];
  expect(new Set(samples).size).toBeGreaterThan(5);
  expect(samples.flatMap((text) => validate(schema, parse(text)).map(String))).toEqual([]);
  for (const part of ['related(page: {first: 1, sizes: SMALL})', '... on Seller', 'fragment ProductSample'])
    expect(samples.join()).toContain(part);
  expect(samples.join()).not.toMatch(/odd|title/);
});

it('gives none for a graph without objects', () => {
  expect([...sampleOperations(buildSchema('type Query { a: Int }'), 5)]).toEqual([]);
});
