/** Why an element is visible, which coordinates were meant, and which tags surprise. */
import { expect, it } from 'vitest';

import { openClientGraph, type ClientGraph } from '../../../src/preparation/contract/client-graph.ts';
import { hiddenElements } from '../../../src/preparation/contract/hidden-elements.ts';
import {
  elementExplanation,
  nearestCoordinate,
  tagWarnings,
  warningsAbout,
  type Outcome,
} from '../../../src/preparation/contract/visibility.ts';
import type { Contract } from '../../../src/pipeline/contract.ts';
import { composedGraph, contractOf, linkedSubgraphs } from './graph.ts';

const subgraphs = linkedSubgraphs({
  products: `
    type Query { product(upc: ID): Product @tag(name: "shop") secret: Int @inaccessible any: Any }
    type Product @key(fields: "upc") { upc: ID @tag(name: "shop") name: String size: Size @tag(name: "shop") }
    enum Size { S L }
    union Any @tag(name: "shop") = Product
  `,
  reviews: `
    type Product @key(fields: "upc") { upc: ID reviews: [Review] }
    type Review @tag(name: "shop") { body: String author: String @tag(name: "internal") }
  `,
  audit: `
    type Product @key(fields: "upc") @tag(name: "internal") { upc: ID trail: String @tag(name: "internal") }
  `,
});
const { supergraphSdl } = composedGraph(subgraphs);
const graph = openClientGraph(
  supergraphSdl,
  Object.entries(subgraphs).map(([name, sdl]) => ({ name, sdl })),
);

function outcomeOf(rules: Partial<Contract>, of: ClientGraph = graph): Outcome {
  const contract = contractOf(rules);
  return { graph: of, contract, hidden: hiddenElements(of.schema, of.tags, contract) };
}

it('says of a visible element which tag of which subgraph includes it, and that nothing excludes it', () => {
  const shop = outcomeOf({ include: ['shop'], exclude: ['secret'] });
  const nothing = 'and nothing excludes it (excluded: "secret")';
  expect(elementExplanation('Product.upc', shop)).toBe(
    `Product.upc is visible: it has the included tag "shop" (subgraph products), ${nothing}`,
  );
  expect(elementExplanation('Review.body', shop)).toBe(
    `Review.body is visible: its type Review has the included tag "shop" (subgraph reviews), ${nothing}`,
  );
  for (const coordinate of ['Product', 'Size', 'Size.S', 'Query.product(upc:)'])
    expect(elementExplanation(coordinate, shop)).toBe(
      `${coordinate} is visible: only fields and unions need an included tag, ${nothing}`,
    );
  expect(elementExplanation('Any', shop)).toContain('it has the included tag "shop"');
});

it('says what a contract without included or excluded tags does', () => {
  expect(elementExplanation('Product.name', outcomeOf({}))).toBe(
    'Product.name is visible: the contract names no tags',
  );
  expect(elementExplanation('Product.name', outcomeOf({ exclude: ['a', 'b'] }))).toBe(
    'Product.name is visible: nothing excludes it (excluded: "a", "b")',
  );
  expect(elementExplanation('Product.upc', outcomeOf({ include: ['shop'] }))).toBe(
    'Product.upc is visible: it has the included tag "shop" (subgraph products), and the contract excludes nothing',
  );
});

it('says why an element is hidden, also one that no client sees', () => {
  expect(elementExplanation('Review.author', outcomeOf({ exclude: ['internal'] }))).toBe(
    'Review.author is hidden: it has the excluded tag "internal" (subgraph reviews)',
  );
  expect(elementExplanation('Product.name', outcomeOf({ include: ['shop', 'other'] }))).toBe(
    'Product.name is hidden: it has no included tag (included: "shop", "other")',
  );
  expect(elementExplanation('Query.secret', outcomeOf({}))).toBe(
    'Query.secret is hidden: it is @inaccessible, so no client sees it',
  );
});

it('knows no other element, and suggests the nearest, first of the same type', () => {
  for (const coordinate of ['Product.nme', 'Prodct', 'join__Graph', '@tag', '', '__Type', 'String'])
    expect([coordinate, elementExplanation(coordinate, outcomeOf({}))]).toEqual([coordinate, null]);
  expect(nearestCoordinate('Product.nme', graph.schema)).toBe('Product.name');
  expect(nearestCoordinate('Prodct.name', graph.schema)).toBe('Product.name');
  expect(nearestCoordinate('Query.product(up:)', graph.schema)).toBe('Query.product(upc:)');
  expect(nearestCoordinate('Nothing.like.it', graph.schema)).toBeUndefined();
});

it('names no subgraph where the supergraph was composed elsewhere', () => {
  const whole = outcomeOf({ include: ['shop'], exclude: ['internal'] }, openClientGraph(supergraphSdl));
  expect(elementExplanation('Review.author', whole)).toBe(
    'Review.author is hidden: it has the excluded tag "internal"',
  );
  expect(elementExplanation('Review.body', whole)).toMatch(
    /its type Review has the included tag "shop", and/,
  );
  expect(tagWarnings(whole)).toEqual([]);
});

it('warns of a tag that another subgraph applies than the first that defines the element', () => {
  const excluded = outcomeOf({ exclude: ['internal'] });
  const warnings = tagWarnings(excluded);
  expect(warnings.map(({ text }) => text)).toEqual([
    'Product has the tag "internal" from subgraph audit, and not from subgraph products, which defines it first: a tag counts for the whole graph',
  ]);
  expect(warningsAbout('Product.name', warnings, excluded.hidden)).toEqual(warnings);
  expect(warningsAbout('Query.product(upc:)', warnings, excluded.hidden)).toEqual(warnings);
  expect(warningsAbout('Review.author', warnings, excluded.hidden)).toEqual([]);
});

it('does not warn of tags by which the contract decides nothing, nor of those that the first one applies, too', () => {
  expect(tagWarnings(outcomeOf({ exclude: ['shop'] }))).toEqual([]);
  expect(tagWarnings(outcomeOf({ include: ['shop'] }))).toEqual([]);
  expect(tagWarnings(outcomeOf({ include: ['internal'] })).map(({ coordinate }) => coordinate)).toEqual([
    'Product',
  ]);
});
