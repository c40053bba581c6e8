/** One client's folder changes under load: nothing is composed or planned again for the others, and no request fails. */

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { readClients } from '../../src/assembly/clients.ts';
import { openGateway } from '../../src/assembly/gateway.ts';
import { serveGateway } from '../../src/assembly/serve.ts';
import { graphSource, readConfig } from '../../src/assembly/start.ts';
import { WatchedCredentials } from '../../src/server/credentials.ts';
import { Events } from '../../src/shared/events.ts';
import { ask, send } from '../support/ask.ts';
import { clientFiles, clientGateway, linked } from './support/client-gateway.ts';
import { folderWith } from '../support/folder.ts';

const schema = `type Query { a: String b: String @tag(name: "beta") c: String @tag(name: "internal") }`;
const resolvers = `export const resolvers = { Query: { a: () => 'a', b: () => 'b', c: () => 'c' } };`;
const stable = 'contract: { exclude: [internal] }\n';
const withoutBeta = 'contract: { exclude: [internal, beta] }\n';
const clients = { web: stable, mobile: stable, anonymous: stable };

/** A running gateway with its events. */
async function running(configured: Readonly<Record<string, string>> = clients) {
  const { files, keyOf } = clientFiles({
    schema,
    resolvers,
    clients: configured,
    settings: ['reload: { filePollMs: 20 }'],
  });
  const folder = await folderWith(files);
  const options = {
    graphPath: join(folder, 'graph.yaml'),
    configPath: join(folder, 'gateway.yaml'),
    port: 0,
  };
  const events = new Events();
  const config = await readConfig(options);
  const source = graphSource(options, config);
  const gateway = await openGateway(await source.read(), { config, events });
  const served = await serveGateway({
    gateway,
    config,
    source,
    log: { flushed: () => Promise.resolve(), switchLevel: () => 'info' },
    credentials: await WatchedCredentials.open(config, events),
    clients: await readClients(config),
  });
  onTestFinished(() => served.close());
  return { events, folder, keyOf, url: served.url };
}

const fieldsOf = async (url: string, headers: Record<string, string>): Promise<string> => {
  const reply = await ask(url, '{ __type(name: "Query") { fields { name } } }', { headers });
  const { __type: type } = reply.data as { readonly __type: { readonly fields: Array<{ name: string }> } };
  return type.fields.map(({ name }) => name).join();
};

describe('a changed client folder', () => {
  it('is in place at once, composes nothing, and leaves the plans of the others', async () => {
    const { events, folder, keyOf, url } = await running();
    const prepared: unknown[] = [];
    const loaded: unknown[] = [];
    const replaced: unknown[] = [];
    events.on('preparationBegan', (event) => prepared.push(event.operationName));
    events.on('supergraphLoaded', (event) => loaded.push(event));
    events.on('clientsReplaced', (event) => replaced.push(event));
    const others = ['query Web1 { a b }', 'query Web2 { b }'];
    for (const query of others) await ask(url, query, { headers: keyOf('web') });
    expect(prepared).toEqual(['Web1', 'Web2'].map(() => null));

    let isOver = false;
    const answers = new Map<string, number>();
    const load = async (client: string, query: string): Promise<void> => {
      while (!isOver) {
        const { status, text } = await ask(url, query, { headers: keyOf(client) });
        const kind = `${client} ${status} ${text.includes('"errors"') ? 'errors' : 'data'}`;
        answers.set(kind, (answers.get(kind) ?? 0) + 1);
      }
    };
    const loads = [load('web', others[0] ?? ''), load('web', others[1] ?? ''), load('mobile', '{ a }')];
    const changes = 10;
    for (let change = 1; change <= changes; change += 1) {
      await writeFile(
        join(folder, 'clients/mobile/client.yaml'),
        `owner: m\n${change % 2 === 1 ? withoutBeta : stable}`,
      );
      await expect.poll(() => replaced).toHaveLength(change);
      expect(await fieldsOf(url, keyOf('mobile'))).toBe(change % 2 === 1 ? 'a' : 'a,b');
    }
    isOver = true;
    await Promise.all(loads);
    console.log(
      `${changes} changes of one client's folder: ${[...answers].map(([kind, count]) => `${kind}: ${count}`).join(', ')}`,
    );

    expect([...answers.keys()].sort()).toEqual(['mobile 200 data', 'web 200 data']);
    expect(replaced).toEqual(Array.from({ length: changes }, () => ({ changed: ['mobile'], removed: [] })));
    expect(loaded).toEqual([]);
    // Of web nothing was prepared again; of mobile two contracts, each with a field and the introspection.
    expect(prepared.length).toBeLessThanOrEqual(2 + 4);
  });

  it('that is invalid keeps the last good one of that client alone, and readiness names it', async () => {
    const { events, folder, keyOf, url } = await running();
    const refused: Array<{ client: string | null; error: unknown }> = [];
    const replaced: unknown[] = [];
    events.on('clientRefused', (event) => refused.push(event));
    events.on('clientsReplaced', (event) => replaced.push(event));
    const write = (client: string, text: string): Promise<void> =>
      writeFile(join(folder, `clients/${client}/client.yaml`), text);
    const readiness = async (): Promise<unknown> =>
      (await fetch(url.replace('/graphql', '/health/ready'))).json();

    await write('mobile', 'owner: m\ncontract: { include: [nobody-has-it] }\n');
    await expect.poll(() => refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({ client: 'mobile', error: { code: 'CONTRACT_INVALID' } });
    expect(await fieldsOf(url, keyOf('mobile'))).toBe('a,b');
    expect(await readiness()).toEqual({ status: 'ready', refusedClients: ['mobile'] });

    await write('web', 'owner: w\ncontrct: {}\n');
    await expect.poll(() => refused.length).toBe(2);
    expect(refused.at(-1)).toMatchObject({ error: { message: expect.stringContaining('contrct') } });
    expect(await fieldsOf(url, keyOf('web'))).toBe('a,b');

    // A conflict with another client, and one client that is right beside those that are not.
    await write('anonymous', `owner: a\n${withoutBeta}`);
    await expect.poll(() => replaced).toEqual([{ changed: ['anonymous'], removed: [] }]);
    expect(await fieldsOf(url, {})).toBe('a');

    await write('mobile', `owner: m\n${withoutBeta}`);
    await write('web', `owner: w\n${stable}`);
    await expect.poll(readiness).toEqual({ status: 'ready' });
    expect(await fieldsOf(url, keyOf('mobile'))).toBe('a');
  });

  it('whose contract does not hold from the start is named in the log and by readiness, and the others are served', async () => {
    const { events, folder, keyOf, url } = await running({
      ...clients,
      mobile: 'contract: { include: [none] }\n',
    });
    const refused: unknown[] = [];
    events.on('clientRefused', ({ client }) => refused.push(client));
    const health = url.replace('/graphql', '/health/ready');
    const readiness = async (): Promise<unknown> => (await fetch(health)).json();
    await expect.poll(readiness).toEqual({ status: 'ready', refusedClients: ['mobile'] });
    expect(await fieldsOf(url, keyOf('web'))).toBe('a,b');
    const reply = await ask(url, '{ a }', { headers: keyOf('mobile') });
    expect(reply.errors).toMatchObject([
      { message: 'The schema of this client is not available', extensions: { code: 'CONTRACT_INVALID' } },
    ]);
    // Another graph, for which it holds.
    await writeFile(
      join(folder, 'things.graphql'),
      linked(schema.replace('a: String', 'a: String @tag(name: "none")')),
    );
    await expect.poll(readiness).toEqual({ status: 'ready' });
    expect((await ask(url, '{ a }', { headers: keyOf('mobile') })).data).toEqual({ a: 'a' });
  });

  it('can be removed and added: its key is then that of no client', async () => {
    const { events, folder, keyOf, url } = await running();
    const replaced: unknown[] = [];
    events.on('clientsReplaced', (event) => replaced.push(event));
    await rm(join(folder, 'clients/mobile'), { recursive: true });
    await expect.poll(() => replaced).toEqual([{ changed: [], removed: ['mobile'] }]);
    const request = { method: 'POST', headers: { 'content-type': 'application/json', ...keyOf('mobile') } };
    const reply = await send(`${url}/mobile`, { ...request, body: '{"query":"{ a }"}' });
    expect([reply.status, reply.errors?.[0]?.extensions['code']]).toEqual([404, 'NOT_FOUND']);
    expect(await fieldsOf(url, keyOf('mobile'))).toBe('a,b');
  });
});

it('a changed client folder reaches every worker process', async () => {
  const { url, folder, keyOf, gateway } = await clientGateway({ schema, resolvers, clients, workers: 2 });
  const fields = (): Promise<string[]> =>
    Promise.all(Array.from({ length: 8 }, () => fieldsOf(url, { connection: 'close', ...keyOf('mobile') })));
  expect(new Set(await fields())).toEqual(new Set(['a,b']));
  await writeFile(join(folder, 'clients/mobile/client.yaml'), `owner: m\n${withoutBeta}`);
  await gateway.reload();
  expect(new Set(await fields())).toEqual(new Set(['a']));
  await writeFile(join(folder, 'clients/mobile/client.yaml'), 'owner: m\ncontract: { include: [none] }\n');
  await gateway.reload();
  expect(new Set(await fields())).toEqual(new Set(['a']));
});
