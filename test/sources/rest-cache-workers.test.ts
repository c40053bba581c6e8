/** A change through one worker of what all of them keep. */

import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { start } from '../../src/assembly/start.ts';
import { ask } from '../support/ask.ts';
import { folderWith } from '../support/folder.ts';
import { startStandIn } from './support/stand-in.ts';

it.each(['on', 'off'])('is seen by every worker at once, with sharing %s', async (sharing) => {
  let value = 1;
  const service = await startStandIn(({ method }, response) => {
    if (method === 'PUT') value += 1;
    response.writeHead(200, { 'cache-control': 'max-age=600' }).end(JSON.stringify({ value }));
  });
  onTestFinished(() => service.close());
  const folder = await folderWith({
    'graph.yaml': `
subgraphs: { a: { kind: local, schema: a.graphql, resolvers: a.mjs, owner: x, sources: [stock] } }
sources: { stock: { kind: rest, url: "${service.url}" } }
`,
    'a.graphql': 'type Query { read: String! } type Mutation { change: Int }',
    'a.mjs': `
const read = async (_, __, { request, sources }) =>
  process.pid + ' ' + (await sources.stock.get('/n', {}, request)).value;
const change = async (_, __, { request, sources }) => (await sources.stock.put('/n', { body: {} }, request)).value;
export const subgraph = { sources: { stock: 'rest' }, resolvers: { Query: { read }, Mutation: { change } } };
`,
    'gateway.yaml': `log: { level: silent }\nsharing: { fetches: ${sharing === 'on'} }\n`,
  });
  const gateway = await start({
    graphPath: join(folder, 'graph.yaml'),
    configPath: join(folder, 'gateway.yaml'),
    port: 0,
    workers: 2,
  });
  onTestFinished(() => gateway.close());
  /** Many at once: each takes a connection of its own. */
  const read = async () => {
    const replies = await Promise.all(Array.from({ length: 16 }, () => ask(gateway.url, '{ read }')));
    const told = replies.map(({ data }) => String((data as { read: string }).read).split(' '));
    return { pids: new Set(told.map(([pid]) => pid)), values: new Set(told.map(([, one]) => one)) };
  };
  await expect.poll(async () => (await read()).pids.size).toBe(2);
  expect((await read()).values).toEqual(new Set(['1']));
  const before = service.asked.length;
  await read();
  expect(service.asked, 'all of them have it').toHaveLength(before);
  expect((await ask(gateway.url, 'mutation { change }')).data).toEqual({ change: 2 });
  const after = new Set<string | undefined>();
  const seen = new Set<string | undefined>();
  await expect
    .poll(
      async () => {
        const { pids, values } = await read();
        for (const one of values) seen.add(one);
        for (const pid of pids) after.add(pid);
        return after.size;
      },
      { timeout: 20_000 },
    )
    .toBe(2);
  expect(seen).toEqual(new Set(['2']));
});
