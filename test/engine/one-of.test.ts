/** `@oneOf` input types through a running gateway: composed, shown to clients, and enforced before any service is asked. */
import { expect, it, onTestFinished } from 'vitest';

import { start } from '../../src/assembly/start.ts';
import { ask } from '../support/ask.ts';
import { countingSubgraph } from '../support/counting-subgraph.ts';
import { folderWith } from '../support/folder.ts';

const byVariable = 'query($by: By!) { find(by: $by) }';
const invalid = 'GRAPHQL_VALIDATION_FAILED';

/** Operation, variables, and the data or the code of the error. */
const operations: ReadonlyArray<readonly [string, Readonly<Record<string, unknown>>, unknown]> = [
  ['{ __type(name: "By") { isOneOf } }', {}, { __type: { isOneOf: true } }],
  ['{ find(by: { id: "1" }) }', {}, { find: 1 }],
  ['{ find(by: { id: "1", name: "x" }) }', {}, invalid],
  ['{ find(by: {}) }', {}, invalid],
  ['{ find(by: { id: null }) }', {}, invalid],
  [byVariable, { by: { id: '1' } }, { find: 1 }],
  [byVariable, { by: { id: '1', name: 'x' } }, 'BAD_USER_INPUT'],
  [byVariable, { by: { id: null } }, 'BAD_USER_INPUT'],
  [byVariable, { by: {} }, 'BAD_USER_INPUT'],
  ['query($id: ID!) { find(by: { id: $id }) }', { id: '1' }, { find: 1 }],
  ['query($id: ID) { find(by: { id: $id }) }', { id: null }, invalid],
  ['query($id: ID = 1) { all(by: [{ id: $id }]) }', {}, invalid],
  ['query($id: ID) { any(by: { id: $id }) }', {}, invalid],
];

it.each([
  ['bare', ''],
  ['declared', 'directive @oneOf on INPUT_OBJECT'],
])('@oneOf that is %s', async (_, definition) => {
  const service = await countingSubgraph();
  onTestFinished(() => service.close());
  const folder = await folderWith({
    'search.graphql': `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
      ${definition}
      type Query { find(by: By!): Int all(by: [By!]): Int any(by: By): Int }
      input By @oneOf { id: ID name: String }`,
    'graph.yaml': `subgraphs: { search: { kind: graphql, url: "${service.url}", schema: search.graphql, owner: t } }`,
  });
  const running = await start({ graphPath: `${folder}/graph.yaml`, port: 0, logLevel: 'silent' });
  onTestFinished(() => running.close());
  for (const [query, variables, expected] of operations) {
    const { data, errors } = await ask(running.url, query, { variables });
    expect([query, data ?? errors?.map(({ extensions }) => extensions['code'])]).toEqual([
      query,
      typeof expected === 'string' ? [expected] : expected,
    ]);
  }
  expect(service.calls).toBe(operations.filter(([, , expected]) => (expected as { find?: 1 }).find).length);
});
