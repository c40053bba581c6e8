/** Clients on one gateway get nothing of each other: by what is cached, shared, refused or served besides operations. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { buildSchema } from 'graphql';
import { expect, it } from 'vitest';

import { loadGatewayConfig } from '../../src/config/gateway/gateway-config.ts';
import { send } from '../support/ask.ts';
import { folderWith } from '../support/folder.ts';
import { slowGraph, slowOperation } from '../support/slow-graph.ts';
import { clientGateway, type ClientGateway } from './support/client-gateway.ts';
import { askAs, leaksIn, secretGraph } from './support/secret-graph.ts';

const visible = '{ nodes { __typename id } kinds }';
const hidden = '{ vault_Hid { id } }';
const forWeb = { nodes: [{ __typename: 'Product', id: 'p1' }, null], kinds: ['PLAIN', null] };
const forStaff = {
  nodes: [
    { __typename: 'Product', id: 'p1' },
    { __typename: 'Vault_Hid', id: 'v1' },
  ],
  kinds: ['PLAIN', 'SECRET_Hid'],
};

async function expectOwnAnswers(
  gateway: ClientGateway,
  order: ReadonlyArray<'web' | 'staff'>,
): Promise<void> {
  const replies = await Promise.all(
    order.map(async (client) => ({
      client,
      seen: await askAs(client, gateway, { query: visible }),
      asked: await askAs(client, gateway, { query: hidden }),
    })),
  );
  for (const { client, seen, asked } of replies) {
    expect([client, seen.data]).toEqual([client, client === 'web' ? forWeb : forStaff]);
    expect([client, asked.data]).toEqual([
      client,
      client === 'web' ? undefined : { vault_Hid: { id: 'v1' } },
    ]);
    if (client === 'web') expect([...seen.leaks, ...asked.leaks]).toEqual([]);
  }
}

it.each([
  { title: 'one after the other', settings: [] },
  { title: 'with shared requests', settings: ['sharing: { requests: true }'] },
])('one document has an answer of its own for each client, $title', async ({ settings }) => {
  for (const [first, second] of [
    ['web', 'staff'],
    ['staff', 'web'],
  ] as const) {
    const gateway = await clientGateway({
      ...secretGraph,
      settings: [...(secretGraph.settings ?? []), ...settings],
    });
    for (const client of [first, second, first, second]) await expectOwnAnswers(gateway, [client]);
    await expectOwnAnswers(gateway, [first, second, second, first, second, first]);
  }
});

it('one document has an answer of its own for each client while nothing of it is cached', async () => {
  const gateway = await clientGateway({
    ...secretGraph,
    settings: [...(secretGraph.settings ?? []), 'sharing: { requests: true }'],
  });
  const order = Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? 'web' : 'staff'));
  await expectOwnAnswers(gateway, order);
});

it('worker processes answer each client by its own contract, also where one planner prepares for all', async () => {
  const gateway = await clientGateway({ ...secretGraph, workers: 2 });
  const typeOf = 'query ($n: String!) { __type(name: $n) { name fields { name } } }';
  for (const client of ['web', 'staff', 'web', 'staff', 'web', 'staff'] as const) {
    await expectOwnAnswers(gateway, [client]);
    for (const n of ['Vault_Hid', 'Product']) {
      const { text, leaks } = await askAs(client, gateway, { query: typeOf, variables: { n } });
      expect([client, leaks.includes(n === 'Product' ? 'sku_Hid' : 'code_Hid')]).toEqual([
        client,
        client === 'staff',
      ]);
      if (client === 'web') expect([leaks, text.includes(n)]).toEqual([[], n === 'Product']);
    }
  }
});

it('an operation that is quarantined for one client is not for another one', async () => {
  const [first, ...others] = slowGraph();
  const local = (sdl = ''): string => sdl.slice(sdl.indexOf('type Query'));
  const resolvers = 'export const resolvers = { T: { __resolveReference: (reference) => reference } };';
  const schema = local(first?.sdl).replace('u: T @shareable', 'u: T @shareable @tag(name: "internal")');
  const gateway = await clientGateway({
    schema,
    resolvers,
    others: Object.fromEntries(others.map(({ name, sdl }) => [name, { schema: local(sdl), resolvers }])),
    clients: {
      web: 'contract: { exclude: [internal] }\n',
      staff: 'contract: {}\n',
      anonymous: 'contract: {}\n',
    },
    settings: ['timeouts: { planningMs: 50 }', 'errors: { suggestions: true }'],
  });
  const query = slowOperation(20, 'a');
  const codes = async (client: string): Promise<unknown[]> =>
    (await askAs(client, gateway, { query })).errors.map(({ extensions }) => extensions['code']);
  expect(await codes('staff')).toEqual(['PLANNING_TIMEOUT']);
  expect(new Set(await codes('web'))).toEqual(new Set(['GRAPHQL_VALIDATION_FAILED']));
  expect(await codes('staff')).toEqual(['PLANNING_TIMEOUT']);
});

it('a query by GET is answered to its client, at every path, and kept by nobody else', async () => {
  const gateway = await clientGateway({
    ...secretGraph,
    settings: [...(secretGraph.settings ?? []), 'sharing: { ignoreHeaders: [apollographql-client-name] }'],
  });
  const get = async (query: string, path: string, headers: Record<string, string>) => {
    const response = await fetch(`${gateway.url}${path}?query=${encodeURIComponent(query)}`, {
      headers: { accept: 'application/json', 'apollo-require-preflight': '1', ...headers },
    });
    return { response, text: await response.text() };
  };
  const ways: Array<readonly [string, Record<string, string>]> = [
    ['/web', {}],
    ['', { 'apollographql-client-name': 'web' }],
    ['', gateway.keyOf('web')],
    ['', {}],
  ];
  for (const [path, headers] of ways) {
    await get(visible, '', gateway.keyOf('staff'));
    const { response, text } = await get(visible, path, headers);
    expect((JSON.parse(text) as { data: unknown }).data).toEqual(forWeb);
    expect(leaksIn(response, { text, sent: visible })).toEqual([]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const vary = response.headers.get('vary')?.split(', ');
    expect(vary).toEqual(expect.arrayContaining(['x-api-key', 'apollographql-client-name', 'x-client-id']));
    const refused = await get(hidden, path, headers);
    expect(leaksIn(refused.response, { text: refused.text, sent: hidden })).toEqual([]);
  }
  const persisted = await fetch(
    `${gateway.url}/web?extensions=${encodeURIComponent('{"persistedQuery":{"version":1,"sha256Hash":"ab"}}')}`,
    { headers: { 'apollo-require-preflight': '1' } },
  );
  expect(await persisted.text()).toContain('PERSISTED_QUERY_NOT_SUPPORTED');
});

it('its schema is served as text to each client, with an ETag of its own, and to none without introspection', async () => {
  const gateway = await clientGateway(secretGraph);
  const schemaOf = async (client: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${gateway.url}/${client}/schema.graphql`, {
      headers: { ...gateway.keyOf(client), ...headers },
    });
    return { response, text: await response.text(), etag: response.headers.get('etag') ?? '' };
  };
  const web = await schemaOf('web');
  expect(web.response.status).toBe(200);
  expect(leaksIn(web.response, { text: web.text, sent: '' })).toEqual([]);
  expect(Object.keys(buildSchema(web.text).getTypeMap())).toContain('Product');
  const staff = await schemaOf('staff');
  expect(staff.text).toContain('vault_Hid');
  expect(staff.etag).not.toBe(web.etag);
  for (const tag of [web.etag, `W/${web.etag}`, `"other", ${web.etag}`, '*'])
    expect([tag, await schemaOf('web', { 'if-none-match': tag })]).toMatchObject([
      tag,
      { response: { status: 304 }, text: '', etag: web.etag },
    ]);
  expect((await schemaOf('web', { 'if-none-match': staff.etag })).response.status).toBe(200);
  const quiet = await schemaOf('quiet', { 'if-none-match': web.etag });
  expect(quiet.response.status).toBe(404);
  expect(quiet.etag).toBe('');
  const denied = await send(`${gateway.url}/staff/schema.graphql`, { headers: gateway.keyOf('web') });
  expect([denied.status, denied.text.includes('_Hid')]).toEqual([403, false]);
});

it('the page of a client is the same for all, and names nothing of the graph', async () => {
  const gateway = await clientGateway(secretGraph);
  const page = async (path: string): Promise<string> => {
    const response = await fetch(`${gateway.url}${path}`, { headers: { accept: 'text/html' } });
    expect([path, response.status]).toEqual([path, 200]);
    return response.text();
  };
  const own = await page('/web');
  expect(own).toContain('GraphiQL');
  expect(own).not.toMatch(/_Hid|Product/);
  expect(await page('/staff')).toBe(own);
  expect(await page('/nobody')).toBe(own);
});

it('a gateway with clients and the Apollo front is refused, with the place and the reason', async () => {
  const folder = await folderWith({ 'plugin.ts': 'export const plugin = {};\n' });
  const reason = 'clients: expected the direct front: Apollo Server has one schema for all clients';
  for (const setting of ['front: apollo', 'apollo: { plugins: [./plugin.ts] }', 'apollo: { key: k }']) {
    const path = join(folder, 'gateway.yaml');
    await writeFile(path, `${setting}\nclients: { folder: clients }\n`);
    await expect(loadGatewayConfig(path, { environment: {} })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(new RegExp(`gateway.yaml:2:\\d+ ${reason}`)) as string,
    });
  }
});
