/** A gateway as a process of its own, with a resolver that leaves a rejected promise behind. */

import { ask } from '../../support/ask.ts';
import { folderWith } from '../../support/folder.ts';
import { tributary } from '../../support/tributary.ts';

const files = {
  'graph.yaml': 'subgraphs: { a: { kind: local, schema: a.graphql, resolvers: a.mjs, owner: x } }',
  'a.graphql': 'type Query { lost: String fine: String }',
  'a.mjs': `
const lost = () => {
  void Promise.reject(new Error('the second failed'));
  return 'sent';
};
export const subgraph = { sources: {}, resolvers: { Query: { lost, fine: () => 'yes' } } };
`,
  'gateway.yaml': 'log: { level: info }',
};

export async function runRequests({
  workers,
  queries,
}: {
  readonly workers: number;
  readonly queries: readonly string[];
}) {
  const cwd = await folderWith(files);
  const args = ['serve', '--graph', 'graph.yaml', '--config', 'gateway.yaml', '--port', '0'];
  const running = tributary([...args, '--workers', String(workers)], { cwd });
  const [, url = ''] = await running.printed(/"url":"(http[^"]+\/graphql)"/);
  const answers: unknown[] = [];
  for (const query of queries) {
    const { data, errors } = await ask(url, query);
    answers.push(errors ? { data, errors } : { data });
  }
  const [line] = await running.printed(/^.*"where":"unhandled rejection".*$/m);
  const { err } = JSON.parse(line) as { readonly err: string };
  return { answers, defect: err, isRunning: running.child.exitCode === null };
}
