/** What a change does to operations that it registers otherwise, or no longer. */

import { expect, it } from 'vitest';

import { withUsage } from '../../src/checks/operations/usage.ts';
import type { CheckReport } from '../../src/checks/report.ts';
import { runChecks } from '../../src/checks/run.ts';
import { readPolicy, readStates } from '../../src/cli/check-states.ts';
import { checkedShop } from './support/checked-shop.ts';
import { type Files, TestRepository } from './support/repository.ts';
import { edited, productsFile, shopFiles } from './support/shop-graph.ts';

const check = checkedShop();
const webFile = 'schemas/clients/web/operations/1.2.json';
const removedTags = edited(productsFile, ['  tags: [String!]\n', '']);
const list = 'query List($filter: ProductFilter) { products(filter: $filter) { name tags } }';

/** Rule, severity, client, and the operations that it breaks. */
function findingsOf({ findings }: CheckReport, ...rules: readonly string[]) {
  return findings
    .filter(({ rule }) => rules.includes(rule))
    .map(
      ({ rule, severity, client, operations }) =>
        `${severity} ${rule} of ${client}: ${operations.map(({ operation, level }) => `${level} ${operation.name}`).join()}`,
    );
}

function withoutList(): Files {
  const manifest = JSON.parse(shopFiles.get(webFile) ?? '') as { operations: Array<{ name: string }> };
  const operations = manifest.operations.filter(({ name }) => name !== 'List');
  return new Map([[webFile, JSON.stringify({ ...manifest, operations })]]);
}

const brokenList = ['warning unregistered-operation-broken of web: broken List'];

it.each<[string, Files, readonly string[]]>([
  ['an operation that is broken and dropped', new Map([...removedTags, ...withoutList()]), brokenList],
  ['a version', new Map([...removedTags, [webFile, null]]), brokenList],
  [
    'a version that is renamed, whose operations are still registered',
    new Map([
      ...removedTags,
      [webFile, null],
      ['schemas/clients/web/operations/1.3.json', shopFiles.get(webFile) ?? ''],
    ]),
    brokenList,
  ],
  ['an operation that is dropped alone', withoutList(), []],
  ['a client', new Map([...removedTags, ['schemas/clients/web', null]]), brokenList],
  ['a client alone', new Map([['schemas/clients/web', null]]), []],
  [
    'a client, whose requests are those of anonymous clients then',
    new Map<string, string | null>([
      ['schemas/clients/web', null],
      ['schemas/clients/anonymous/client.yaml', 'owner: web-team\ncontract: { exclude: [internal] }\n'],
    ]),
    // Both use what is tagged internal.
    ['warning unregistered-operation-broken of web: broken Product,broken Home'],
  ],
])('%s: says which operations it breaks', async (_, files, expected) => {
  const report = await check(files);
  expect(findingsOf(report, 'unregistered-operation-broken')).toEqual(expected);
});

it.each<[string, Files, RegExp]>([
  [
    'a new operation that is not valid',
    new Map([['schemas/clients/web/operations/9.json', '{"n": "query New { products { nope } }"}']]),
    /^error operation-invalid of web: broken New$/,
  ],
  [
    'another document under the same id',
    new Map([[webFile, (shopFiles.get(webFile) ?? '').replace('name tags', 'name nope')]]),
    /^error operation-invalid of web: broken List$/,
  ],
])('fails for %s', async (_, files, expected) => {
  const report = await check(files);
  expect(findingsOf(report, 'operation-invalid', 'operation-invalid-before')).toEqual([
    expect.stringMatching(expected),
  ]);
  expect(report.verdict).toBe('failed');
});

it.each<[string, Files, object, readonly string[]]>([
  [
    'of a removed client, as an unknown one',
    new Map([...removedTags, ['schemas/clients/web', null]]),
    { client: 'web', hash: 'x', calls: 5, document: list },
    ['error field-removed of any: broken List'],
  ],
  [
    'that was invalid already',
    new Map(),
    { client: 'web', hash: 'x', calls: 5, document: 'query Junk { nothing }' },
    ['warning operation-invalid-before of web: broken Junk'],
  ],
])('checks recorded usage %s', async (_, files, line, expected) => {
  const repository = await TestRepository.create(shopFiles);
  try {
    await repository.write(files);
    const states = await readStates({ graph: `${repository.root}/schemas/graph.yaml` });
    const file = { file: 'usage.jsonl', text: JSON.stringify(line) };
    const context = { before: states.base.operations, isExcluded: () => false, isRecent: () => true };
    const usage = withUsage(states.head.operations, file, context);
    const input = { ...states, ...(await readPolicy(states)), now: '2026-11-29T00:00:00Z' };
    const report = await runChecks({ ...input, head: { ...states.head, ...usage } });
    const found = findingsOf(report, 'field-removed', 'operation-invalid', 'operation-invalid-before');
    expect(found.filter((text) => text.includes('broken'))).toEqual(expected);
  } finally {
    await repository.remove();
  }
});

it('holds the contract of a client that is called any', async () => {
  const report = await check(
    new Map([
      ['schemas/clients/any/client.yaml', 'owner: web-team\ncontract: { exclude: [internal] }\n'],
      ['schemas/clients/any/operations/1.json', '{"n": "query Notes { products { note } }"}'],
    ]),
  );
  expect(findingsOf(report, 'operation-invalid')).toEqual(['error operation-invalid of any: broken Notes']);
});
