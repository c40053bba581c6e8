import { buildSchema, parse, specifiedRules, validate, type DocumentNode } from 'graphql';
import { expect, test } from 'vitest';

import { finiteNumbersRule } from '../finite-numbers.ts';
import { oneOfVariablesRule } from '../one-of-variables.ts';
import { isSurelyValid } from './document.ts';

const schema = buildSchema(/* GraphQL */ `
  directive @odd(by: Int!) repeatable on FIELD
  scalar Custom
  enum Size {
    SMALL
    LARGE
  }
  input Filter {
    size: Size
    ids: [ID!]!
    nested: Filter
  }
  input By @oneOf {
    id: ID
    name: String
  }
  interface Node {
    id: ID!
    title: String
  }
  type Product implements Node {
    id: ID!
    title: String
    price(currency: String!, round: Boolean = true): Float
    related(first: Int = 3, filter: Filter): [Product!]!
    seller: Seller
  }
  type Seller implements Node {
    id: ID!
    title: String
    price: Int
    products(sizes: [Size!]): [Product]
    find(by: By): Product
    custom(value: Custom): Custom
  }
  type Note {
    id: ID!
  }
  union Hit = Product | Seller
  type Query {
    product(id: ID!): Product
    node(id: ID): Node
    hits(limit: Int): [Hit!]!
  }
  type Mutation {
    rename(id: ID!, title: String): Product
  }
  type Subscription {
    changed: Product
  }
`);

const valid = [
  '{ product(id: 1) { id title } }',
  'query Q($id: ID!, $first: Int = 2) { product(id: $id) { related(first: $first) { ...P } } } fragment P on Product { id seller { ...S } } fragment S on Seller { title }',
  '{ hits(limit: 3) { __typename ... on Product { id price(currency: "EUR") } ... on Seller { id title } ... on Node { id } } }',
  'query ($if: Boolean!) { node { ...N @include(if: $if) ... @skip(if: true) { title } ... on Seller { products(sizes: [SMALL, LARGE]) { id } } } } fragment N on Node { id }',
  'query ($filter: Filter, $ids: [ID!]!) { product(id: "a") { a: related(filter: $filter) { id } b: related(filter: { ids: $ids, nested: { ids: ["x"], size: LARGE } }) { id } } }',
  'mutation ($id: ID!) { rename(id: $id, title: null) { title @odd(by: 1) } }',
  '{ product(id: 1) { seller { id } seller { title } ...P } } fragment P on Product { seller { id ...S } } fragment S on Seller { products(sizes: SMALL) { id } }',
];

const invalid = [
  '{ product { id } }',
  '{ product(id: 1) }',
  '{ product(id: 1) { id { x } } }',
  '{ product(id: 1) { missing } }',
  '{ product(id: 1, id: 2) { id } }',
  '{ product(id: 1, other: 2) { id } }',
  '{ product(id: 1.5) { id } }',
  '{ product(id: null) { id } }',
  '{ hits(limit: 99999999999) { id } }',
  '{ hits { id } }',
  '{ hits { ... on Note { id } } }',
  '{ hits { ... on Missing { id } } }',
  '{ hits { ... on Size { id } } }',
  '{ hits { ...Missing } }',
  '{ hits { ...A } } fragment A on Hit { ...B } fragment B on Hit { ...A }',
  '{ hits { ...A } } fragment A on Hit { ... on Product { related { ...B } } } fragment B on Product { seller { products { ...B } } }',
  '{ product(id: 1) { id } } fragment Unused on Product { id }',
  '{ product(id: 1) { ...A } } fragment A on Product { id } fragment A on Product { title }',
  'query ($id: ID) { product(id: $id) { id } }',
  'query ($id: [ID!]!) { product(id: $id) { id } }',
  'query ($id: ID!, $unused: Int) { product(id: $id) { id } }',
  'query ($id: ID!, $id: ID!) { product(id: $id) { id } }',
  'query ($id: Product) { product(id: $id) { id } }',
  'query ($n: Int = "x") { hits(limit: $n) { __typename } }',
  '{ product(id: $id) { id } }',
  '{ product(id: 1) { a: id a: title } }',
  '{ product(id: 1) { related(first: 1) { id } related(first: 2) { id } } }',
  '{ product(id: 1) { related { a: id } related { a: title } } }',
  '{ hits { ... on Product { price(currency: "a") } ... on Seller { price } } }',
  '{ hits { ... on Product { p: seller { id } } ... on Seller { p: products { id } } } }',
  '{ product(id: 1) { id @skip(if: true) @skip(if: true) } }',
  '{ product(id: 1) { id @skip } }',
  '{ product(id: 1) { id @skip(if: 1) } }',
  '{ product(id: 1) { ... @odd(by: 1) { id } } }',
  '{ product(id: 1) { id @missing } }',
  '{ product(id: 1) { related(filter: { size: SMALL }) { id } } }',
  '{ product(id: 1) { related(filter: { ids: [], ids: [] }) { id } } }',
  '{ product(id: 1) { related(filter: { ids: [], other: 1 }) { id } } }',
  '{ node { ... on Seller { products(sizes: [MEDIUM]) { id } } } }',
  '{ node { ... on Seller { find(by: { id: 1, name: "a" }) { id } } } }',
  'query A { hits { __typename } } query A { hits { __typename } }',
  '{ hits { __typename } } query B { hits { __typename } }',
  'subscription { changed { id } a: changed { id } }',
  'query @skip(if: true) { hits { __typename } }',
  'type A { id: ID }',
];

test.each(valid)('accepts %s', (text) => {
  const document = parse(text);
  expect(isSurelyValid(schema, document)).toBe(true);
  expect(errorsIn(document)).toEqual([]);
});

test.each(invalid)('does not accept %s', (text) => {
  const document = parse(text);
  expect(errorsIn(document)).not.toEqual([]);
  expect(isSurelyValid(schema, document)).toBe(false);
});

test('accepts none of many broken documents that graphql-js refuses', () => {
  const random = randomOf(7);
  const words = [...new Set([...valid, ...invalid].flatMap(tokensOf))];
  let [accepted, refused] = [0, 0];
  for (let attempt = 0; attempt < 40_000; attempt += 1) {
    const document = parsed(mutated(tokensOf(pick(valid, random)), words, random));
    if (!document) continue;
    const errors = errorsIn(document);
    if (errors.length > 0) refused += 1;
    if (!isSurelyValid(schema, document)) continue;
    accepted += 1;
    expect(errors).toEqual([]);
  }
  expect(accepted).toBeGreaterThan(200);
  expect(refused).toBeGreaterThan(200);
});

function errorsIn(document: DocumentNode): string[] {
  const rules = [...specifiedRules, oneOfVariablesRule, finiteNumbersRule];
  return validate(schema, document, rules).map(({ message }) => message);
}

function tokensOf(text: string): string[] {
  return text.match(/\.\.\.|"[^"]*"|[\w$@.]+|[^\s\w]/g) ?? [];
}

function mutated(tokens: readonly string[], words: readonly string[], random: () => number): string {
  const changed = [...tokens];
  for (let change = 0; change < 1 + random() * 2; change += 1) {
    const at = Math.floor(random() * changed.length);
    const word = random() < 0.5 ? pick(changed, random) : pick(words, random);
    changed.splice(at, random() < 0.7 ? 1 : 0, ...(random() < 0.8 ? [word] : []));
  }
  return changed.join(' ');
}

function parsed(text: string): DocumentNode | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function pick<Item>(items: readonly Item[], random: () => number): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
