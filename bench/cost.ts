/**
 * What the cost of operations takes: its formula in a planner worker, and its evaluation for each request.
 *
 *     node bench/cost.ts
 */

import { getOperationAST, parse } from 'graphql';

import { composeOrThrow } from '../src/preparation/composition/compose.ts';
import { costSpec } from '../src/preparation/cost/operation-cost.ts';
import { prepare } from '../src/preparation/prepare.ts';
import { loadSupergraph } from '../src/preparation/supergraph/supergraph.ts';
import { actualCost } from '../src/operation/cost/actual.ts';
import { estimateByService, estimateCost } from '../src/operation/cost/estimate.ts';
import { variableCoercion } from '../src/operation/variables.ts';
import type { CostSpec } from '../src/pipeline/cost.ts';
import type { PreparedOperation } from '../src/pipeline/prepared.ts';

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.14", import: ["@key", "@cost", "@listSize"])';
const subgraphs = {
  products: `
    type Query {
      products(first: Int): [Product!] @listSize(slicingArguments: ["first"])
      search(filter: Filter): [Product!] @listSize(slicingArguments: ["filter.page.first"])
      plain: [Product!]
    }
    input Filter { page: Page tags: [String!] @cost(weight: 2) or: [Filter!] }
    input Page { first: Int after: ID }
    type Product @key(fields: "id") { id: ID! name: String price(currency: String @cost(weight: -1)): Int @cost(weight: 3) }
  `,
  reviews: `
    type Product @key(fields: "id") { id: ID! reviews(first: Int = 5): [Review!] @listSize(slicingArguments: ["first"]) }
    type Review { id: ID! text: String stars: Int author: Author }
    type Author { id: ID! name: String }
  `,
};

const fields = 'id name reviews { id text author { id name } }';
const filter = {
  page: { first: 20 },
  or: Array.from({ length: 500 }, () => ({ tags: ['a'], or: [{ tags: [] }] })),
};
const operations: ReadonlyArray<readonly [name: string, query: string, variables: Record<string, unknown>]> =
  [
    ['constants only', `{ plain { ${fields} } }`, {}],
    [
      'two variables, a condition',
      `query ($n: Int, $m: Int, $r: Boolean!) { products(first: $n) { id name price(currency: "EUR") reviews(first: $m) @include(if: $r) { id text author { id name } } } }`,
      { n: 20, m: 3, r: true },
    ],
    ['an input of 1,500 objects', `query ($f: Filter) { search(filter: $f) { ${fields} } }`, { f: filter }],
    [
      'the same, used 20 times',
      `query ($f: Filter) { ${Array.from({ length: 20 }, (_, i) => `s${i}: search(filter: $f) { id }`).join(' ')} }`,
      { f: filter },
    ],
  ];

const rounds = 5;
const roundMs = 40;

/** The best of some rounds, in microseconds. */
function microseconds(work: () => unknown): string {
  let best = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    let elapsedMs = 0;
    let calls = 0;
    for (; elapsedMs < roundMs; elapsedMs = performance.now() - start) {
      for (let i = 0; i < 10; i += 1) work();
      calls += 10;
    }
    best = Math.min(best, (elapsedMs * 1000) / calls);
  }
  return best.toFixed(2);
}

/** An answer with these list lengths. */
function answerOf(length: number): Record<string, unknown> {
  const reviews = Array.from({ length: 3 }, () => ({ id: '1', text: 't', author: { id: '1', name: 'n' } }));
  const product = { id: '1', name: 'n', price: 3, reviews };
  const products = Array.from({ length }, () => product);
  return { plain: products, products, search: products };
}

function formulaOf(query: string, plan: PreparedOperation['plan']): CostSpec {
  const operation = getOperationAST(parse(query));
  const root = supergraph.schema.getQueryType();
  if (!operation || !root) throw new Error('No query');
  const costed = { operation, root, plan, fragments: new Map(), schema: supergraph.schema };
  return costSpec(costed, supergraph, options.cost);
}

const sdl = composeOrThrow(
  Object.entries(subgraphs).map(([name, text]) => ({
    name,
    url: `http://127.0.0.1/${name}`,
    file: name,
    sdl: `${link}\n${text}`,
  })),
);
const supergraph = loadSupergraph(sdl);
const options = { tokensMax: 10_000, suggestions: false, cost: { listSize: 10, byService: true } };
console.log(
  'operation                    cost  prepare us  formula us  formula bytes  estimate us  by service us  actual us (20 products)',
);
for (const [name, query, values] of operations) {
  const request = { query, operationName: null };
  const result = prepare(supergraph, request, options);
  if (!('prepared' in result)) throw new Error(JSON.stringify(result));
  const prepared = JSON.parse(JSON.stringify(result.prepared)) as PreparedOperation;
  const coercion = variableCoercion(prepared)(values);
  if (!('variables' in coercion)) throw new Error(JSON.stringify(coercion));
  const { variables } = coercion;
  const answer = answerOf(20);
  const figures = [
    String(estimateCost(prepared.cost, variables)),
    microseconds(() => prepare(supergraph, request, options)),
    microseconds(() => formulaOf(query, prepared.plan)),
    String(JSON.stringify(prepared.cost).length),
    microseconds(() => estimateCost(prepared.cost, variables)),
    microseconds(() => estimateByService(prepared.cost, variables)),
    microseconds(() => actualCost(prepared, answer, variables)),
  ];
  const widths = [10, 12, 12, 15, 13, 15, 11];
  console.log(name.padEnd(23) + figures.map((figure, i) => figure.padStart(widths[i] ?? 0)).join(''));
}
