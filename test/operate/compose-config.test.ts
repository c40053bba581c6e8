/** `compose --check` with and without the gateway.yaml that the graph is served with. */

import { expect, it } from 'vitest';

import { folderWith } from '../support/folder.ts';
import { runTributary } from '../support/tributary.ts';

const files = {
  'graph.yaml':
    'subgraphs: { a: { kind: graphql, url: "http://127.0.0.1:1", schema: a.graphql, owner: x, headers: { forward: [x-tenant] } } }',
  'a.graphql': `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@policy"])
type Query { budget: String @policy(policies: [["finance"]]) }`,
  'policy.mjs': `export const policy = ({ allow }) =>
  ({ fallbackRule: allow, permissions: {}, policies: { finance: () => true } });`,
  'gateway.yaml': 'headers: { perService: [x-tenant] }\nauthorization: { policy: policy.mjs }\n',
  'without-headers.yaml': 'authorization: { policy: policy.mjs }\n',
  'without-policy.yaml': 'headers: { perService: [x-tenant] }\n',
};

it.each<[readonly string[], number, string]>([
  [[], 0, ''],
  [['--config', 'gateway.yaml'], 0, ''],
  [['--config', 'without-headers.yaml'], 1, 'only where "headers.perService" of gateway.yaml names it'],
  [['--config', 'without-policy.yaml'], 1, 'The supergraph uses @policy with "finance"'],
])('compose --check %j ends with %i', async (flags, code, words) => {
  const cwd = await folderWith(files);
  const ended = await runTributary(['compose', '--check', '--graph', 'graph.yaml', ...flags], { cwd });
  expect(ended.stderr).toContain(words);
  expect(ended.code).toBe(code);
});
