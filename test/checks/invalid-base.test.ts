/** Where there is nothing to compare with, what is registered must be valid at least. */

import { describe, expect, it, onTestFinished } from 'vitest';

import type { CheckReport } from '../../src/checks/report.ts';
import { runChecks } from '../../src/checks/run.ts';
import { readPolicy, readStates } from '../../src/cli/check-states.ts';
import { type Files, TestRepository } from './support/repository.ts';
import { edited, productsFile, shopFiles } from './support/shop-graph.ts';

async function checked(base: Files, head: Files): Promise<CheckReport> {
  const repository = await TestRepository.create(base);
  onTestFinished(() => repository.remove());
  await repository.write(head);
  const states = await readStates({ graph: `${repository.root}/schemas/graph.yaml` });
  return runChecks({ ...states, ...(await readPolicy(states)), now: '2026-11-29T00:00:00Z' });
}

function broken({ findings }: CheckReport): string[] {
  return findings
    .filter(({ severity }) => severity === 'error')
    .flatMap(({ client, operations }) =>
      operations.map(({ operation }) => `${client ?? ''} ${operation.name ?? ''}`),
    )
    .toSorted();
}

const tags = '  tags: [String!]\n';
const withoutTags = edited(productsFile, [tags, '']);

describe('a base that does not compose', () => {
  it('hides no operation that the change breaks', async () => {
    const base = new Map([...shopFiles, ...edited(productsFile, [tags, '  tags: [Strin!]\n'])]);
    const report = await checked(base, withoutTags);
    expect(report.findings.map(({ rule }) => rule)).toContain('base-invalid');
    expect(broken(report)).toEqual(['web List']);
    expect(report.verdict).toBe('failed');
  });

  it('passes where all that is registered is valid', async () => {
    const base = new Map([...shopFiles, ...edited(productsFile, [tags, '  tags: [Strin!]\n'])]);
    expect((await checked(base, shopFiles)).verdict).toBe('passed');
  });
});

it('operations from elsewhere that were invalid before do not fail a change', async () => {
  const repository = await TestRepository.create(shopFiles);
  onTestFinished(() => repository.remove());
  await repository.write(new Map([['sent/local.graphql', 'query Local { nothing @client }']]));
  const flags = { graph: `${repository.root}/schemas/graph.yaml` };
  const states = await readStates({ ...flags, operations: [`web=${repository.root}/sent`] });
  const report = await runChecks({ ...states, ...(await readPolicy(states)), now: '2026-11-29T00:00:00Z' });
  expect(report.findings.map(({ rule, severity }) => `${severity} ${rule}`)).toContain(
    'warning operation-invalid-before',
  );
  expect(report.verdict).toBe('passed');
});

describe('a base without a graph', () => {
  const readme: Files = new Map([['README.md', 'A shop\n']]);

  it('passes with the first graph', async () => {
    const report = await checked(readme, shopFiles);
    expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(report.verdict).toBe('passed');
  });

  it('refuses a first graph whose operations are not valid', async () => {
    expect(broken(await checked(readme, new Map([...shopFiles, ...withoutTags])))).toEqual(['web List']);
  });
});

it('reads hundreds of documents of a commit', async () => {
  const documents = Array.from({ length: 400 }, (_, index): [string, string] => [
    `schemas/clients/web/operations/3.0/op${index}.graphql`,
    `query Ö${'p'.repeat(index % 7)}${index} { products { name } }`.replace('Ö', 'O'),
  ]);
  const texts = documents.map(([file, text]): [string, string] => [
    file,
    `# äöü ${'€'.repeat(50)}\n${text}\n`,
  ]);
  const report = await checked(new Map([...shopFiles, ...texts]), new Map());
  expect(report.base.operations).toBe(report.head.operations);
  expect(report.base.operations).toBe(409);
  expect(report.verdict).toBe('passed');
});
