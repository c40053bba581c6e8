/** A small shop of two subgraphs, three clients that see different parts of it, and the operations that they send. */

import type { Files } from './repository.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag", "@shareable", "@override", "@requiresScopes", "@authenticated", "@cost", "@listSize"])';

const products = `${federation}

type Query {
  product(id: ID!, currency: Currency = EUR): Product @tag(name: "partner")
  products(first: Int = 10, filter: ProductFilter): [Product!]! @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false)
  search(text: String!): [SearchResult!]!
  node(id: ID!): Node
}

type Mutation {
  addReview(input: ReviewInput!): Review!
}

interface Node {
  id: ID!
}

type Product implements Node @key(fields: "id") {
  id: ID! @tag(name: "partner")
  name: String! @tag(name: "partner")
  price(in: Currency): Int
  cost: Int @tag(name: "partner")
  status: Status! @tag(name: "partner")
  tags: [String!]
  oldName: String @deprecated(reason: "Use name. Since 2025-01-01")
  note: String @tag(name: "internal")
  weight: Float
  margin: Float @requiresScopes(scopes: [["margin:read"]])
  unused: String
}

type Category implements Node @key(fields: "id") {
  id: ID!
  title: String!
}

union SearchResult = Product | Category

enum Status {
  ACTIVE
  RETIRED
}

enum Currency {
  EUR
  USD
}

input ProductFilter {
  text: String
  status: Status
  limit: Int = 5
}

input ReviewInput {
  product: ID!
  stars: Int!
  text: String
}

type Review {
  stars: Int!
  text: String
}
`;

const orders = `${federation}

type Query {
  order(id: ID!): Order
}

type Order @key(fields: "id") {
  id: ID!
  total: Int!
  items: [Product!]!
}

type Product @key(fields: "id") {
  id: ID! @tag(name: "partner")
  stock: Int @tag(name: "internal")
}
`;

export const productsFile = 'schemas/subgraphs/products.graphql';
export const ordersFile = 'schemas/subgraphs/orders.graphql';

const graph = `subgraphs:
  products: { kind: graphql, url: "\${PRODUCTS_URL}", schema: subgraphs/products.graphql, owner: catalog-team }
  orders: { kind: graphql, url: "\${ORDERS_URL}", schema: subgraphs/orders.graphql, owner: checkout-team }
`;

/** Each is an operation of a version of a client; ids are as opaque as those of compilers. */
const web = {
  format: 'apollo-persisted-query-manifest',
  version: 1,
  operations: [
    operation(
      'Product',
      'query Product($id: ID!) { product(id: $id) { id name price status note oldName } }',
    ),
    operation('List', 'query List($filter: ProductFilter) { products(filter: $filter) { name tags } }'),
    operation(
      'Search',
      'query Search($text: String!) { search(text: $text) { __typename ... on Product { name } ... on Category { title } } }',
    ),
    operation('Node', 'query Node($id: ID!) { node(id: $id) { id } }'),
    operation(
      'Review',
      'mutation Review($input: ReviewInput!) { addReview(input: $input) { stars text } }',
      'mutation',
    ),
    operation('Home', 'query Home { products(first: 20) { id weight margin stock } }'),
  ],
};

const mobile = {
  m1: 'query Order($id: ID!) { order(id: $id) { total items { name price(in: EUR) } } }',
  m2: 'query Few { products(first: 3, filter: { status: ACTIVE }) { name status } }',
};

const partner = 'query Offer($id: ID!) {\n  product(id: $id) {\n    name\n    cost\n    status\n  }\n}\n';

export const shopFiles: Files = new Map([
  ['schemas/graph.yaml', graph],
  [productsFile, products],
  [ordersFile, orders],
  ['schemas/clients/web/client.yaml', 'owner: web-team\n'],
  ['schemas/clients/web/operations/1.2.json', JSON.stringify(web)],
  ['schemas/clients/mobile/client.yaml', 'owner: mobile-team\ncontract: { exclude: [internal] }\n'],
  ['schemas/clients/mobile/operations/5.0.json', JSON.stringify(mobile)],
  ['schemas/clients/partner/client.yaml', 'owner: partner-team\ncontract: { include: [partner] }\n'],
  ['schemas/clients/partner/operations/2024-10/offer.graphql', partner],
]);

function operation(name: string, body: string, type = 'query'): object {
  return { id: `web-${name.toLowerCase()}`, name, type, body };
}

/** @param edits Pairs of a text in a file and what replaces it. @throws {Error} If the text is not there once. */
export function edited(
  file: string,
  ...edits: ReadonlyArray<readonly [text: string, replacement: string]>
): Files {
  let text = shopFiles.get(file) ?? '';
  for (const [from, to] of edits) {
    const count = text.split(from).length - 1;
    if (count !== 1) throw new Error(`${JSON.stringify(from)} is in ${file} ${count} times`);
    text = text.replace(from, () => to);
  }
  return new Map([[file, text]]);
}
