/** A local subgraph that is mapped to REST calls, before a stand-in of their service. */

import { onTestFinished } from 'vitest';

import { loadGraphFile } from '../../../src/config/graph/file.ts';
import { loadSubgraphs } from '../../../src/services/load.ts';
import { folderWith } from '../../support/folder.ts';
import { fetchFrom, type Fetch } from './fetch.ts';
import { type Answer, startStandIn } from './stand-in.ts';
import { withoutPolicies } from '../../support/plain-services.ts';

/** @param rest YAML of the mapping, after the key. */
export async function subgraphOf(
  schema: string,
  rest: string,
  answer: Answer,
  resolvers?: string,
  others: readonly string[] = [],
) {
  const names = ['users', ...others];
  const sources = names.map((name) => `${name}: { kind: rest, url: "\${USERS_URL}" }`);
  const graph = `subgraphs:
  a:
    kind: local
    schema: a.graphql
    owner: x
    sources: [${names.join(', ')}]
    rest:
      ${rest}
${resolvers === undefined ? '' : '    resolvers: a.mjs\n'}sources: { ${sources.join(', ')} }
`;
  const files = { 'graph.yaml': graph, 'a.graphql': schema, ...(resolvers ? { 'a.mjs': resolvers } : {}) };
  return opened(files, 'a', answer);
}

export async function opened(files: Readonly<Record<string, string>>, name: string, answer: Answer) {
  const standIn = await startStandIn(answer);
  onTestFinished(() => standIn.close());
  const folder = await folderWith(files);
  const environment = { USERS_URL: standIn.url };
  const loaded = await loadSubgraphs(
    await loadGraphFile(`${folder}/graph.yaml`, { environment }),
    withoutPolicies(),
  );
  onTestFinished(() => loaded.close());
  const subgraph = loaded.subgraphs.get(name);
  return {
    subgraph,
    ask: (query: string, fetch?: Fetch) => fetchFrom(subgraph, query, fetch),
    calls: () => standIn.asked,
    asked: () => standIn.asked.map(({ method, url }) => `${method} ${url}`),
  };
}
