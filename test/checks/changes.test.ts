/** Changes of schemas in a git repository, and the verdict for each client's operations. */

import { describe, expect, it } from 'vitest';

import type { CheckReport } from '../../src/checks/report.ts';
import { checkedShop } from './support/checked-shop.ts';
import type { Files } from './support/repository.ts';
import { edited, ordersFile, productsFile } from './support/shop-graph.ts';

const checked = checkedShop();

/** `client operation level` of each that is not safe, sorted. */
function impacts({ findings }: CheckReport): string[] {
  const levels = new Map<string, string>();
  for (const finding of findings) {
    for (const { operation, level } of finding.operations) {
      const key = `${finding.client ?? ''} ${operation.name ?? ''}`;
      if (levels.get(key) !== 'broken') levels.set(key, level);
    }
  }
  return [...levels].map(([key, level]) => `${key} ${level}`).toSorted();
}

/** What of the diff concerns each client: `client rule coordinate`. */
function changes({ findings }: CheckReport, client: string): string[] {
  return findings
    .filter((finding) => finding.client === client && finding.stage === 'diff')
    .map(({ rule, coordinate }) => `${rule} ${coordinate ?? ''}`)
    .toSorted();
}

interface Row {
  readonly change: string;
  readonly files: Files;
  readonly operations: readonly string[];
  /** Of the diff, for some of the clients. */
  readonly changes?: Readonly<Record<'web' | 'mobile' | 'partner', readonly string[]>> | undefined;
}

const none = [] as const;
const product = (...edits: ReadonlyArray<readonly [string, string]>): Files => edited(productsFile, ...edits);

const rows: readonly Row[] = [
  {
    change: 'a field that one client uses is removed',
    files: product(['  tags: [String!]\n', '']),
    operations: ['web List broken'],
    changes: { web: ['field-removed Product.tags'], mobile: ['field-removed Product.tags'], partner: none },
  },
  {
    change: 'a field that nobody uses is removed',
    files: product(['  unused: String\n', '']),
    operations: none,
    changes: {
      web: ['field-removed Product.unused'],
      mobile: ['field-removed Product.unused'],
      partner: none,
    },
  },
  {
    change: 'a field whose name begins like that of a used one is removed',
    files: product(['  oldName: String @deprecated(reason: "Use name. Since 2025-01-01")\n', '']),
    operations: ['web Product broken'],
  },
  {
    change: 'a field is renamed',
    files: product(['  weight: Float\n', '  weightGrams: Float\n']),
    operations: ['web Home broken'],
    changes: {
      web: ['field-added Product.weightGrams', 'field-removed Product.weight'],
      mobile: ['field-added Product.weightGrams', 'field-removed Product.weight'],
      partner: none,
    },
  },
  {
    change: 'a field becomes nullable',
    files: product(['name: String! @tag', 'name: String @tag']),
    operations: [
      'mobile Few broken',
      'mobile Order broken',
      'partner Offer broken',
      'web List broken',
      'web Product broken',
      'web Search broken',
    ],
  },
  {
    change: 'a field becomes non-null',
    files: product(['  weight: Float\n', '  weight: Float!\n']),
    operations: ['web Home affected'],
  },
  {
    change: 'items of a list become nullable',
    files: product(['tags: [String!]', 'tags: [String]']),
    operations: ['web List broken'],
  },
  {
    change: 'a type becomes a list',
    files: product(['  weight: Float\n', '  weight: [Float]\n']),
    operations: ['web Home broken'],
  },
  {
    change: 'a scalar becomes another one',
    files: product(['  weight: Float\n', '  weight: Int\n']),
    operations: ['web Home broken'],
  },
  {
    change: 'a required argument is added',
    files: product(['search(text: String!)', 'search(text: String!, limit: Int!)']),
    operations: ['web Search broken'],
    changes: {
      web: ['required-argument-added Query.search(limit:)'],
      mobile: ['required-argument-added Query.search(limit:)'],
      partner: none,
    },
  },
  {
    change: 'an optional argument is added',
    files: product(['search(text: String!)', 'search(text: String!, limit: Int)']),
    operations: none,
  },
  {
    change: 'an argument with a default is added',
    files: product(['search(text: String!)', 'search(text: String!, limit: Int = 5)']),
    operations: ['web Search affected'],
  },
  {
    change: 'an argument that one client passes is removed',
    files: product(['price(in: Currency): Int', 'price: Int']),
    operations: ['mobile Order broken'],
  },
  {
    change: 'an argument becomes required that all pass',
    files: product(['products(first: Int = 10, filter', 'products(first: Int!, filter']),
    operations: ['web List broken'],
  },
  {
    change: 'a default changes: who passes the argument is safe',
    files: product(['first: Int = 10', 'first: Int = 20']),
    operations: ['web List affected'],
  },
  {
    change: 'a default of an input field changes',
    files: product(['limit: Int = 5', 'limit: Int = 50']),
    operations: ['mobile Few affected', 'web List affected'],
  },
  {
    change: 'a required input field is added: literals break, variables may',
    files: product(['input ProductFilter {\n', 'input ProductFilter {\n  shop: ID!\n']),
    operations: ['mobile Few broken', 'web List affected'],
  },
  {
    change: 'an optional input field is added',
    files: product(['input ProductFilter {\n', 'input ProductFilter {\n  shop: ID\n']),
    operations: none,
  },
  {
    change: 'an input field is removed that may be sent',
    files: product(['  stars: Int!\n  text: String\n}\n\ntype Review', '  stars: Int!\n}\n\ntype Review']),
    operations: ['web Review affected'],
  },
  {
    change: 'an input field becomes required',
    files: product([
      '  stars: Int!\n  text: String\n}\n\ntype Review',
      '  stars: Int!\n  text: String!\n}\n\ntype Review',
    ]),
    operations: ['web Review affected'],
  },
  {
    change: 'an enum value is added: outputs may have it',
    files: product(['  RETIRED\n', '  RETIRED\n  DRAFT\n']),
    operations: ['mobile Few affected', 'partner Offer affected', 'web Product affected'],
  },
  {
    change: 'an enum value is added to an enum of inputs alone',
    files: product(['  USD\n', '  USD\n  CHF\n']),
    operations: none,
  },
  {
    change: 'an enum value is removed: it may be in variables, and comes no more',
    files: product(['  RETIRED\n', '']),
    operations: [
      'mobile Few affected',
      'partner Offer affected',
      'web List affected',
      'web Product affected',
    ],
  },
  {
    change: 'an enum value is removed that a document names',
    files: product(['  EUR\n', ''], ['currency: Currency = EUR', 'currency: Currency = USD']),
    operations: ['mobile Order broken', 'partner Offer affected', 'web Product affected'],
  },
  {
    change: 'a member is added to a union',
    files: product([
      'union SearchResult = Product | Category',
      'union SearchResult = Product | Category | Review',
    ]),
    operations: ['web Search affected'],
  },
  {
    change: 'a member is removed from a union',
    files: product(['union SearchResult = Product | Category', 'union SearchResult = Product']),
    operations: ['web Search broken'],
  },
  {
    change: 'an interface gets another implementation',
    files: product(['type Review {\n', 'type Review implements Node {\n  id: ID!\n']),
    operations: ['web Node affected'],
  },
  {
    change: 'a type leaves an interface',
    files: product(['type Category implements Node @key', 'type Category @key']),
    operations: ['web Node affected'],
  },
  {
    change: 'a field moves to another subgraph with @override',
    files: new Map([
      ...edited(ordersFile, [
        'stock: Int @tag(name: "internal")',
        'stock: Int @tag(name: "internal")\n  weight: Float @override(from: "products")',
      ]),
    ]),
    operations: none,
    changes: { web: none, mobile: none, partner: none },
  },
  {
    change: 'a key is added to an entity',
    files: product([
      'type Product implements Node @key(fields: "id") {',
      'type Product implements Node @key(fields: "id") @key(fields: "name") {',
    ]),
    operations: none,
    changes: { web: none, mobile: none, partner: none },
  },
  {
    change: 'a tag is removed: one client loses a field that is still there',
    files: product(['  cost: Int @tag(name: "partner")\n', '  cost: Int\n']),
    operations: ['partner Offer broken'],
    changes: { web: none, mobile: none, partner: ['hidden-from-client Product.cost'] },
  },
  {
    change: 'a tag is added that hides a field from one client',
    files: product(['price(in: Currency): Int', 'price(in: Currency): Int @tag(name: "internal")']),
    operations: ['mobile Order broken'],
    changes: { web: none, mobile: ['hidden-from-client Product.price'], partner: none },
  },
  {
    change: 'a tag is removed: one client sees more',
    files: product(['  note: String @tag(name: "internal")\n', '  note: String\n']),
    operations: none,
    changes: { web: none, mobile: ['shown-to-client Product.note'], partner: none },
  },
  {
    change: 'a client excludes another tag',
    files: new Map([
      ['schemas/clients/web/client.yaml', 'owner: web-team\ncontract: { exclude: [internal] }\n'],
    ]),
    operations: ['web Home broken', 'web Product broken'],
    changes: {
      web: ['hidden-from-client Product.note', 'hidden-from-client Product.stock'],
      mobile: none,
      partner: none,
    },
  },
  {
    change: 'descriptions and the order of definitions change',
    files: product(
      ['  EUR\n  USD\n', '  USD\n  EUR\n'],
      [
        'type Review {\n  stars: Int!\n  text: String\n',
        '"What people say"\ntype Review {\n  text: String\n  stars: Int!\n',
      ],
    ),
    operations: none,
    changes: { web: none, mobile: none, partner: none },
  },
  {
    change: 'a field becomes deprecated',
    files: product(['  weight: Float\n', '  weight: Float @deprecated(reason: "Since 2026-11-01")\n']),
    operations: none,
  },
  {
    change: 'a type that is used is removed',
    files: product(
      ['union SearchResult = Product | Category', 'union SearchResult = Product'],
      ['type Category implements Node @key(fields: "id") {\n  id: ID!\n  title: String!\n}\n\n', ''],
    ),
    operations: ['web Node affected', 'web Search broken'],
  },
  {
    change: 'a mutation is removed',
    files: product([
      '  addReview(input: ReviewInput!): Review!\n',
      '  addOpinion(input: ReviewInput!): Review!\n',
    ]),
    operations: ['web Review broken'],
  },
  {
    change: 'an argument accepts a list',
    files: product(['node(id: ID!): Node', 'node(id: [ID!]!): Node']),
    operations: ['web Node broken'],
  },
  {
    change: 'nothing',
    files: new Map(),
    operations: none,
    changes: { web: none, mobile: none, partner: none },
  },
];

it('has more than thirty kinds of changes', () => {
  expect(rows.length).toBeGreaterThanOrEqual(35);
});

describe('what a change does to the operations of each client', () => {
  it.each(rows)('$change', async ({ files, operations, changes: expected }) => {
    const report = await checked(files);
    expect(
      report.findings.filter(({ stage, severity }) => stage === 'compose' && severity === 'error'),
    ).toEqual([]);
    expect(report.findings.filter(({ stage }) => stage === 'parse')).toEqual([]);
    expect(impacts(report)).toEqual(operations);
    for (const [client, rules] of Object.entries(expected ?? {}))
      expect(changes(report, client), client).toEqual(rules);
  });
});
