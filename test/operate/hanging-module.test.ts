/** A changed graph whose resolver module never finishes loading, in any of the workers. */

import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { ask } from '../support/ask.ts';
import { folderWith } from '../support/folder.ts';
import { listening, tributary } from '../support/tributary.ts';

const entry = (name: string): string =>
  `  ${name}: { kind: local, schema: ${name}.graphql, resolvers: ${name}.mjs, owner: x }`;
const graphOf = (...names: readonly string[]): string => ['subgraphs:', ...names.map(entry), ''].join('\n');
const moduleOf = (field: string): string =>
  `export const subgraph = { sources: {}, resolvers: { Query: { ${field}: () => '${field}' } } };`;

it('is refused, and the workers that wait for it are replaced one after another', async () => {
  const cwd = await folderWith({
    'graph.yaml': graphOf('a'),
    'a.graphql': 'type Query { a: String }',
    'a.mjs': moduleOf('a'),
    'b.graphql': 'type Query { b: String }',
    'b.mjs': `await new Promise(() => {});\n${moduleOf('b')}`,
    'c.graphql': 'type Query { c: String }',
    'c.mjs': moduleOf('c'),
    'gateway.yaml': [
      'server: { workers: 2, drainDelayMs: 0, drainTimeoutMs: 3000 }',
      'timeouts: { loadMs: 12000 }',
      'reload: { filePollMs: 50 }',
      '',
    ].join('\n'),
  });
  const running = tributary(['serve', '--graph', 'graph.yaml', '--config', 'gateway.yaml', '--port', '0'], {
    cwd,
  });
  const [, url = ''] = await running.printed(listening);
  await running.printed(/("msg":"worker started"[^]*){2}/);
  const failures: unknown[] = [];
  const asking = setInterval(() => {
    statusOf(url).then(
      (status) => status === 200 || failures.push(status),
      (error: unknown) => failures.push(error),
    );
  }, 100);
  onTestFinished(() => clearInterval(asking));
  await writeFile(join(cwd, 'graph.yaml'), graphOf('a', 'b'));
  await running.printed(/"msg":"the changed graph is invalid; the previous graph stays in use"/);
  expect((await ask(url, '{ a }')).data).toEqual({ a: 'a' });
  // Their successors serve the graph before, and take the next one.
  await running.printed(/("msg":"worker started"[^]*){4}/);
  await writeFile(join(cwd, 'graph.yaml'), graphOf('a', 'c'));
  await expect.poll(async () => (await ask(url, '{ c }')).data, { timeout: 60_000 }).toEqual({ c: 'c' });
  expect(failures).toEqual([]);
});

/** On a connection of its own: one that is kept may be closed by a worker that ends. */
function statusOf(url: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const headers = { 'content-type': 'application/json' };
  const asked = request(url, { method: 'POST', agent: false, headers }, (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  });
  asked.on('error', reject);
  asked.end('{"query":"{ a }"}');
  return promise;
}
