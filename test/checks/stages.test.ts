/** What the stages of a check find beside what happens to operations. */

import { describe, expect, it } from 'vitest';

import { checkedShop } from './support/checked-shop.ts';
import type { Files } from './support/repository.ts';
import { edited, ordersFile, productsFile } from './support/shop-graph.ts';

const checked = checkedShop();
const product = (...edits: ReadonlyArray<readonly [string, string]>): Files => edited(productsFile, ...edits);

describe('directives', () => {
  const rulesOf = async (files: Files): Promise<string[]> =>
    (await checked(files)).findings
      .filter(({ client, stage }) => client === null && stage === 'diff')
      .map(({ rule, coordinate, severity }) => `${severity} ${rule} ${coordinate ?? ''}`);

  it('a field becomes public', async () => {
    const files = product([' @requiresScopes(scopes: [["margin:read"]])', '']);
    expect(await rulesOf(files)).toEqual(['error became-public Product.margin']);
  });

  it('a field becomes protected, or is by other scopes', async () => {
    expect(await rulesOf(product(['  weight: Float\n', '  weight: Float @authenticated\n']))).toEqual([
      'warning authorization-added Product.weight',
    ]);
    expect(await rulesOf(product(['"margin:read"', '"margin:all"']))).toEqual([
      'warning authorization-changed Product.margin',
    ]);
  });

  it('is not public while its type is protected', async () => {
    const files = product(
      [' @requiresScopes(scopes: [["margin:read"]])', ''],
      [
        'type Product implements Node @key(fields: "id") {',
        'type Product implements Node @key(fields: "id") @authenticated {',
      ],
    );
    expect(await rulesOf(files)).toContain('warning authorization-changed Product.margin');
  });

  it('costs and list sizes change', async () => {
    const files = product(
      ['  weight: Float\n', '  weight: Float @cost(weight: 10)\n'],
      ['slicingArguments: ["first"], ', 'slicingArguments: ["first"], assumedSize: 50, '],
    );
    expect(await rulesOf(files)).toEqual([
      'notice cost-changed Product.weight',
      'notice list-size-changed Query.products',
    ]);
  });
});

describe('what is no graph', () => {
  it('says where composition fails, and checks nothing further', async () => {
    const report = await checked(edited(ordersFile, ['  stock: Int', '  weight: Float\n  stock: Int']));
    expect(report.verdict).toBe('invalid');
    expect(report.findings[0]).toMatchObject({
      stage: 'compose',
      severity: 'error',
      location: { file: ordersFile },
    });
    expect(report.stages.filter(({ status }) => status === 'skipped').map(({ name }) => name)).toEqual([
      'contract',
      'diff',
      'impact',
      'plan',
    ]);
  });

  it('says where a syntax error is', async () => {
    const report = await checked(product(['enum Currency {\n', 'enum Currency [\n']));
    expect(report.findings[0]).toMatchObject({ rule: 'schema-invalid', location: { file: productsFile } });
  });

  it('says which contract does not hold', async () => {
    const files = new Map([
      ['schemas/clients/partner/client.yaml', 'owner: partner-team\ncontract: { include: [nothing] }\n'],
    ]);
    const report = await checked(files);
    expect(report.verdict).toBe('invalid');
    expect(report.findings[0]).toMatchObject({ rule: 'contract-invalid', client: 'partner' });
  });

  it('says which manifest cannot be read', async () => {
    const report = await checked(new Map([['schemas/clients/web/operations/1.2.json', '{"a": "query {"}']]));
    expect(report.findings[0]).toMatchObject({ rule: 'file-invalid', client: 'web', severity: 'error' });
  });
});

describe('plans', () => {
  const plansOf = async (files: Files): Promise<string[]> =>
    (await checked(files)).findings
      .filter(({ stage }) => stage === 'plan')
      .map(({ rule, client, message }) => `${client ?? ''} ${rule}: ${message}`);

  it('says which operation needs more calls after a field has moved', async () => {
    const files = new Map([
      ...edited(ordersFile, [
        'stock: Int @tag(name: "internal")',
        'stock: Int @tag(name: "internal")\n  tags: [String!] @override(from: "products")',
      ]),
    ]);
    expect(await plansOf(files)).toEqual([
      'web plan-waves-increased: List of version 1.2: 1 calls in 1 waves at a cost of 10 before, 2 calls in 2 waves at a cost of 10 after (products, orders)',
    ]);
  });

  it('says whose cost grows', async () => {
    const files = product(['  weight: Float\n', '  weight: Float @cost(weight: 10)\n']);
    expect(await plansOf(files)).toEqual([
      expect.stringMatching(/^web cost-increased: Home of version 1\.2: /),
    ]);
  });

  it('has nothing to say of operations that do not touch the change', async () => {
    expect(await plansOf(product(['  unused: String\n', '']))).toEqual([]);
  });
});
