/** What the gateway refuses, or accepts, by rules of its own, and what it answered a client that is new. */

import { describe, expect, it, onTestFinished } from 'vitest';

import { withUsage } from '../../src/checks/operations/usage.ts';
import { runChecks } from '../../src/checks/run.ts';
import type { CheckReport } from '../../src/checks/report.ts';
import { readPolicy, readStates } from '../../src/cli/check-states.ts';
import { checkedShop } from './support/checked-shop.ts';
import { type Files, TestRepository } from './support/repository.ts';
import { edited, productsFile, shopFiles } from './support/shop-graph.ts';

const check = checkedShop();

function found({ findings }: CheckReport, ...rules: readonly string[]): string[] {
  return findings
    .filter(({ rule }) => rules.includes(rule))
    .map(({ severity, rule, client, operations }) => {
      const named = operations.map(({ operation, level }) => `${level} ${operation.name}`);
      return `${severity} ${rule} of ${client}: ${named.join(', ')}`;
    });
}

it('a graph with @policy is checked although the policies are not at hand', async () => {
  const report = await check(
    new Map([
      ...edited(
        productsFile,
        ['"@listSize"])', '"@listSize", "@policy"])'],
        ['weight: Float', 'weight: Float @policy(policies: [["finance"]])'],
      ),
    ]),
  );
  expect(report.verdict).toBe('passed');
  expect(found(report, 'supergraph-invalid', 'authorization-added')).toEqual([
    'warning authorization-added of null: ',
  ]);
});

describe('an operation that only the gateway refuses', () => {
  it('is broken by slicing arguments that a list needs from then on', async () => {
    const report = await check(
      new Map([
        ...edited(productsFile, [
          'products(first: Int = 10, filter: ProductFilter): [Product!]! @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false)',
          'products(first: Int, filter: ProductFilter): [Product!]! @listSize(slicingArguments: ["first"])',
        ]),
      ]),
    );
    expect(report.verdict).toBe('failed');
    expect(found(report, 'operation-refused')).toContain('error operation-refused of web: broken List');
  });

  it('is broken by a contract that forbids introspection', async () => {
    const tool = 'query Tool { __schema { queryType { name } } }';
    const repository = await shop(new Map([['schemas/clients/web/operations/tool/tool.graphql', tool]]));
    const report = await checked(repository, {
      files: new Map([['schemas/clients/web/client.yaml', 'owner: web-team\nintrospection: off\n']]),
    });
    expect(found(report, 'operation-refused')).toEqual(['error operation-refused of web: broken Tool']);
  });
});

describe('the first client', () => {
  const withoutClients: Files = new Map(
    [...shopFiles].map(([file, text]) => [file, file.startsWith('schemas/clients/') ? null : text]),
  );
  const restricted: Files = new Map([
    ['schemas/clients/web/client.yaml', 'owner: web-team\ncontract: { exclude: [internal] }\n'],
  ]);
  const note = 'query Note { product(id: 1) { note } }';
  const usage = { client: 'web', hash: 'x', calls: 5, document: note };

  it('is broken where its contract hides what it was answered before', async () => {
    const report = await checked(await shop(withoutClients), { files: restricted, usage });
    expect(report.verdict).toBe('failed');
    const [broken] = report.findings.filter(({ severity }) => severity === 'error');
    expect(broken?.client).toBe('web');
    expect(broken?.operations).toMatchObject([{ operation: { name: 'Note' }, level: 'broken' }]);
    expect(found(report, 'operation-invalid-before')).toEqual([]);
  });

  it('does not hide what the change breaks for everybody else', async () => {
    const removed = edited(productsFile, ['  search(text: String!): [SearchResult!]!\n', '']);
    const report = await checked(await shop(withoutClients), { files: new Map([...restricted, ...removed]) });
    expect(found(report, 'field-removed')).toContain('error field-removed of any: ');
  });

  it('tells by its usage what nobody uses', async () => {
    const removed = edited(productsFile, ['  unused: String\n', '']);
    const report = await checked(await shop(withoutClients), {
      files: new Map([['schemas/clients/web/client.yaml', 'owner: web-team\n'], ...removed]),
      usage,
    });
    expect(found(report, 'field-removed')).toContain('notice field-removed of any: ');
    expect(report.verdict).toBe('passed');
  });

  it('is no breaking change by itself, nor are its own operations', async () => {
    const operation = 'query Product { product(id: 1) { name } }';
    const report = await checked(await shop(withoutClients), {
      files: new Map([...restricted, ['schemas/clients/web/operations/1/product.graphql', operation]]),
    });
    expect(report.findings.filter(({ severity }) => severity !== 'notice')).toEqual([]);
    expect(report.verdict).toBe('passed');
  });
});

async function shop(files: Files): Promise<TestRepository> {
  const all = [...shopFiles, ...files].filter(([, text]) => text !== null);
  const kept = new Map(all.filter(([file]) => files.get(file) !== null));
  const repository = await TestRepository.create(kept);
  onTestFinished(() => repository.remove());
  return repository;
}

async function checked(
  repository: TestRepository,
  { files, usage }: { readonly files: Files; readonly usage?: Readonly<Record<string, unknown>> },
): Promise<CheckReport> {
  await repository.write(files);
  const states = await readStates({ graph: `${repository.root}/schemas/graph.yaml`, base: 'HEAD' });
  const input = { ...states, ...(await readPolicy(states)), now: '2026-11-29T00:00:00Z' };
  if (usage === undefined) return runChecks(input);
  const context = { before: states.base.operations, isExcluded: () => false, isRecent: () => true };
  const text = JSON.stringify(usage);
  const { operations } = withUsage(states.head.operations, { file: 'usage.jsonl', text }, context);
  return runChecks({ ...input, head: { ...states.head, operations } });
}
