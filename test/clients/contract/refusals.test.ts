/** Which contracts are refused, what is reported of the others, and how it is said. */
import { expect, it } from 'vitest';

import { impliedRemovals, openContract } from '../../../src/preparation/contract/contract.ts';
import { explanation } from '../../../src/preparation/contract/explanation.ts';
import { isGatewayError, type GatewayError } from '../../../src/shared/errors.ts';
import { composedGraph, contractOf } from './graph.ts';

const shop = composedGraph({
  products: `
    type Query { product: Product old: Old }
    type Product { id: ID cost: Money price(in: Currency = SECRET): Int }
    type Money @tag(name: "internal") { amount: Int }
    enum Currency { EUR SECRET @tag(name: "internal") }
    type Old { id: ID @tag(name: "internal") }
  `,
  audit: `
    type Query { audit: Int @tag(name: "internal") }
  `,
});

it('says why an element is hidden, down to the tag and who applied it', () => {
  const { hidden } = openContract(shop, contractOf({ exclude: ['internal'] }));
  const why = (coordinate: string): string | null => explanation(coordinate, hidden, shop.tagSources);
  expect(why('Product.cost')).toBe(
    'Product.cost is hidden: its type Money is hidden: Money has the excluded tag "internal" (subgraph products)',
  );
  expect(why('Query.audit')).toBe(
    'Query.audit is hidden: it has the excluded tag "internal" (subgraph audit)',
  );
  expect(why('Query.old')).toBe(
    'Query.old is hidden: its type Old is hidden: the last of its members is hidden, Old.id: Old.id has the excluded tag "internal" (subgraph products)',
  );
  expect(why('Product.price(in:)')).toBe(
    'Product.price(in:) is hidden: its default value names Currency.SECRET, which is hidden: Currency.SECRET has the excluded tag "internal" (subgraph products)',
  );
  expect(why('Money.amount')).toBe(
    'Money.amount is hidden: it is part of Money, which is hidden: Money has the excluded tag "internal" (subgraph products)',
  );
  expect(why('Product.id')).toBeNull();
});

it('refuses in strict mode what is hidden only because of something else, and says what to do', () => {
  const error = refusalOf(shop, { exclude: ['internal'], mode: 'strict' });
  expect(error).toMatchObject({ code: 'CONTRACT_INVALID', httpStatus: 503, retryable: false });
  expect(error.message.split('\n')).toEqual([
    'Product.cost is hidden: its type Money is hidden: Money has the excluded tag "internal" (subgraph products); tag Product.cost with "internal" as well',
    'Product.price(in:) is hidden: its default value names Currency.SECRET, which is hidden: Currency.SECRET has the excluded tag "internal" (subgraph products); tag Product.price(in:) with "internal" as well',
    'Query.old is hidden: its type Old is hidden: the last of its members is hidden, Old.id: Old.id has the excluded tag "internal" (subgraph products); tag Query.old with "internal" as well',
    'Or set "mode: cascade" in the contract, which hides all of these with what they depend on',
  ]);
});

it('tells clients nothing of what is hidden', () => {
  const { errors } = refusalOf(shop, { exclude: ['internal'], mode: 'strict' });
  expect(errors).toEqual([{ message: 'The contract of this client does not hold for this graph' }]);
});

it('reports the same lines in cascade mode', () => {
  const contract = contractOf({ exclude: ['internal'] });
  const { hidden } = openContract(shop, contract);
  const lines = impliedRemovals(hidden, contract);
  expect(lines).toHaveLength(3);
  expect(lines[0]).toBe(
    'Product.cost is hidden: its type Money is hidden: Money has the excluded tag "internal"; tag Product.cost with "internal" as well',
  );
});

it('accepts in strict mode what is tagged throughout, and types that cannot be reached', () => {
  const graph = composedGraph({
    only: `
      type Query { product: Product secret: Secret @tag(name: "internal") }
      type Product { id: ID }
      type Secret @tag(name: "internal") { more: More }
      type More { secret: Secret id: ID }
    `,
  });
  const rules = { exclude: ['internal'], mode: 'strict', hideUnreachableTypes: true } as const;
  const { hidden } = openContract(graph, contractOf(rules));
  expect(hidden.get('More')).toEqual({ kind: 'unreachable' });
  expect(explanation('More', hidden)).toBe('More is hidden: no visible field leads to it');
  expect(impliedRemovals(hidden, contractOf(rules))).toEqual([]);
});

it('refuses a contract without any query, in any mode', () => {
  expect(refusalOf(shop, { include: ['public', 'web'] }).message).toBe(
    'A query can ask for nothing: Query is hidden: the last of its members is hidden, Query.old: Query.old has no included tag; tag Query.old with "public" or "web"',
  );
  const excluded = composedGraph({ only: 'type Query @tag(name: "internal") { id: ID }' });
  expect(refusalOf(excluded, { exclude: ['internal'] }).message).toBe(
    'A query can ask for nothing: Query is hidden: it has the excluded tag "internal" (subgraph only); do not exclude "internal"',
  );
});

it('shortens long explanations and long lists', () => {
  const types = Array.from({ length: 30 }, (_, index) => `type T${index} { next: T${index + 1} }`).join('\n');
  const fields = Array.from({ length: 150 }, (_, index) => `f${index}: T0`).join('\n');
  const graph = composedGraph({
    only: `
      type Query { id: ID ${fields} }
      ${types}
      type T30 @tag(name: "internal") { id: ID }
    `,
  });
  const contract = contractOf({ exclude: ['internal'] });
  const { hidden } = openContract(graph, contract);
  expect(explanation('Query.f0', hidden)).toContain(': (53 more): ');
  const lines = impliedRemovals(hidden, contract);
  expect(lines).toHaveLength(101);
  expect(lines.at(-1)).toBe('... and 80 more');
});

function refusalOf(graph: typeof shop, rules: Parameters<typeof contractOf>[0]): GatewayError {
  try {
    openContract(graph, contractOf(rules));
  } catch (error) {
    if (isGatewayError(error)) return error;
    throw error;
  }
  throw new Error('The contract was not refused');
}
