/** `planning.operationsFile`: what clients ask is prepared by the next process before it serves. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { compose } from '../../src/preparation/composition/compose.ts';
import { ask } from '../support/ask.ts';
import { countingSubgraph } from '../support/counting-subgraph.ts';
import { folderWith } from '../support/folder.ts';
import { servedAt, type Tributary, tributary } from '../support/tributary.ts';

const sdl = 'type Query { greeting(name: String, times: Int): String }';

it('a list of operations is kept at the end, and prepared before the next process serves', async () => {
  const { serve, file } = await given();
  const first = serve();
  const url = await servedAt(first);
  for (const name of ['Ada', 'Grace'])
    expect((await ask(url, `{ greeting(name: "${name}") }`)).status).toBe(200);
  expect((await ask(url, '{ no }')).errors).toHaveLength(1);
  first.child.kill('SIGTERM');
  await first.ended();

  const list = await readFile(file, 'utf8');
  expect((JSON.parse(list) as { operations: unknown[] }).operations).toHaveLength(1);
  expect(list).not.toMatch(/Ada|Grace/);

  const second = serve();
  await second.printed(
    /"operations":1,"leftOut":0,"sameGraph":true.*operations of an earlier process prepared[^]*"msg":"listening"/,
  );
  expect((await ask(await servedAt(second), '{ greeting(name: "Barbara") }')).status).toBe(200);
  const [, metrics = ''] = await second.printed(/"url":"([^"]+\/metrics)"/);
  const scraped = await (await fetch(metrics)).text();
  expect(scraped).toContain('gateway_plan_cache_requests_total{result="shape"} 1');
  expect(scraped).not.toContain('gateway_plan_cache_requests_total{result="miss"}');
});

it.each([
  ['no JSON', '{'],
  ['of another version', '{"version":0,"hash":"h","operations":[]}'],
  ['no object', 'null'],
])('a list that is %s is reported, and stops nothing', async (_how, text) => {
  const { serve, file } = await given();
  await writeFile(file, text);
  const running = serve();
  await running.printed(/the list of operations cannot be read/);
  expect((await ask(await servedAt(running), '{ greeting }')).status).toBe(200);
});

it('operations that are no longer valid, or never were, are left out', async () => {
  const { serve, file } = await given();
  const operations = [
    { query: '{ no }', operationName: null },
    { query: 7 },
    null,
    { query: '{', operationName: null },
  ];
  await writeFile(file, JSON.stringify({ version: 1, hash: 'another', operations }));
  const running = serve();
  await running.printed(/"operations":2,"leftOut":0,"sameGraph":false/);
  expect((await ask(await servedAt(running), '{ greeting }')).status).toBe(200);
});

async function given(): Promise<{ readonly serve: () => Tributary; readonly file: string }> {
  const backend = await countingSubgraph();
  onTestFinished(() => backend.close());
  const composed = compose([{ name: 'one', url: backend.url, sdl, file: 'one.graphql' }]);
  if (!('supergraphSdl' in composed)) throw new Error('The graph does not compose');
  const cwd = await folderWith({
    'supergraph.graphql': composed.supergraphSdl,
    'gateway.yaml': 'planning: { operationsFile: operations.json }\nmetrics: { port: 0 }\n',
  });
  const args = ['serve', '--supergraph', 'supergraph.graphql', '--config', 'gateway.yaml', '--port', '0'];
  return { serve: () => tributary(args, { cwd }), file: join(cwd, 'operations.json') };
}
