/** What graph.yaml may say, and how each mistake in it is reported: all of them, each with its place. */

import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { type GraphConfig, loadGraphFile } from '../../src/config/graph/file.ts';
import { folderWith } from '../support/folder.ts';

const sdl = 'type Query { hello: String }\n';

describe('a right file', () => {
  it('becomes absolute paths, schema texts and defaults', async () => {
    const { folder, graph } = await given(`
subgraphs:
  products:
    kind: graphql
    url: http://127.0.0.1:4101/graphql
    schema: products.graphql
    owner: catalog-team
  reviews:
    kind: graphql
    urls: [http://127.0.0.1:1/graphql, { url: http://127.0.0.1:2/graphql, zone: eu }]
    schema: products.graphql
    owner: community-team
    timeoutMs: 250
  users:
    kind: local
    schema: products.graphql
    resolvers: resolvers.ts
    sources: [users, stock]
    owner: accounts-team
sources:
  users: { kind: rest, url: 'http://127.0.0.1:4111/api', timeoutMs: 1000 }
  stock: { kind: grpc, url: grpc://127.0.0.1:4121, proto: stock.proto, service: a.b.Stock }
  orders: { kind: graphql, urls: [{ url: dns+http://orders.internal/graphql, zone: eu }] }
`);
    const schemaPath = join(folder, 'products.graphql');
    expect(await graph).toEqual({
      path: join(folder, 'graph.yaml'),
      subgraphs: [
        {
          name: 'products',
          kind: 'graphql',
          owner: 'catalog-team',
          timeoutMs: 5000,
          schemaPath,
          sdl,
          replicas: [{ url: 'http://127.0.0.1:4101/graphql' }],
          transport: {},
          headers: undefined,
          tls: undefined,
        },
        {
          name: 'reviews',
          kind: 'graphql',
          owner: 'community-team',
          timeoutMs: 250,
          schemaPath,
          sdl,
          replicas: [
            { url: 'http://127.0.0.1:1/graphql' },
            { url: 'http://127.0.0.1:2/graphql', zone: 'eu' },
          ],
          transport: {},
          headers: undefined,
          tls: undefined,
        },
        {
          name: 'users',
          kind: 'local',
          owner: 'accounts-team',
          timeoutMs: 10_000,
          schemaPath,
          sdl,
          resolversPath: join(folder, 'resolvers.ts'),
          sources: ['users', 'stock'],
        },
      ],
      sources: [
        {
          name: 'users',
          kind: 'rest',
          replicas: [{ url: 'http://127.0.0.1:4111/api' }],
          timeoutMs: 1000,
          transport: {},
          cache: { entriesMax: 1000, bytesMax: 16_777_216 },
        },
        {
          name: 'stock',
          kind: 'grpc',
          replicas: [{ url: 'grpc://127.0.0.1:4121' }],
          timeoutMs: 5000,
          protoPath: join(folder, 'stock.proto'),
          includeDirs: [],
          service: 'a.b.Stock',
          transport: {},
        },
        {
          name: 'orders',
          kind: 'graphql',
          replicas: [{ url: 'dns+http://orders.internal/graphql', zone: 'eu' }],
          timeoutMs: 5000,
          transport: {},
        },
      ],
      tlsPaths: [],
    } satisfies GraphConfig);
  });

  it('may be reached through a link to its folder', async () => {
    const files = {
      'real/graph.yaml': 'subgraphs:\n  a: { kind: graphql, url: "http://a", schema: a.graphql, owner: x }\n',
      'real/a.graphql': sdl,
    };
    const folder = await folderWith(files);
    await symlink(join(folder, 'real'), join(folder, 'link'));
    const graph = await loadGraphFile(join(folder, 'link', 'graph.yaml'));
    expect(graph.path).toBe(join(folder, 'link', 'graph.yaml'));
    expect(graph.subgraphs[0]?.schemaPath).toBe(join(folder, 'real', 'a.graphql'));
  });

  it('is the one of the demo shop', async () => {
    const path = fileURLToPath(new URL('../../schemas/graph.yaml', import.meta.url));
    const graph = await loadGraphFile(path, { environment: { USERS_URL: 'http://users.example:80' } });
    const names = ['products', 'reviews', 'orders', 'users', 'payments', 'inventory', 'shipping', 'bff'];
    expect(graph.subgraphs.map(({ name }) => name)).toEqual(names);
    expect(graph.sources.find(({ name }) => name === 'users')).toMatchObject({
      replicas: [{ url: 'http://users.example:80' }],
    });
    expect(graph.subgraphs[0]).toMatchObject({ replicas: [{ url: 'http://127.0.0.1:4101/graphql' }] });
  });
});

describe('mistakes', () => {
  it('are all reported at once, in the order of the file', async () => {
    const lines = await mistakesOf(`
subgraphs:
  products:
    kind: rset
    schema: products.graphql
    owner: catalog-team
  reviews:
    kind: graphql
    ulr: http://127.0.0.1:4102/graphql
    schema: missing.graphql
    owner: 7
    timeoutMs: fast
  users:
    kind: local
    schema: products.graphql
    resolvers: resolvers.ts
    sources: [user]
  users:
    kind: graphql
    url: ftp://127.0.0.1
    schema: products.graphql
    owner: x
sources:
  users:
    kind: rest
    url: 127.0.0.1:4111
  stock:
    kind: grpc
    url: http://127.0.0.1:4121
    proto: none.proto
    service: ""
    timeoutMs: 0
extra: true
`);
    expect(lines).toEqual([
      'graph.yaml:4:11 subgraphs.products.kind: expected "graphql" or "local", got "rset"',
      'graph.yaml:7:3 subgraphs.reviews: expected "url" or "urls", got neither',
      'graph.yaml:9:5 subgraphs.reviews.ulr: unknown key (did you mean "url"?)',
      'graph.yaml:10:13 subgraphs.reviews.schema: expected a file, got "missing.graphql", which does not exist',
      'graph.yaml:11:12 subgraphs.reviews.owner: expected a string, got 7',
      'graph.yaml:12:16 subgraphs.reviews.timeoutMs: expected a number, got "fast"',
      'graph.yaml:18:3 subgraphs.users: duplicate key, first on line 13',
      'graph.yaml:20:10 subgraphs.users.url: expected an address such as http://127.0.0.1:4101/graphql, got "ftp://127.0.0.1"',
      'graph.yaml:26:10 sources.users.url: expected an address such as http://127.0.0.1:4101/graphql, got "127.0.0.1:4111"',
      'graph.yaml:29:10 sources.stock.url: expected an address such as grpc://127.0.0.1:4121, got "http://127.0.0.1:4121"',
      'graph.yaml:30:12 sources.stock.proto: expected a file, got "none.proto", which does not exist',
      'graph.yaml:31:14 sources.stock.service: expected at least 1 characters, got ""',
      'graph.yaml:32:16 sources.stock.timeoutMs: expected at least 1, got 0',
      'graph.yaml:33:1 extra: unknown key (known: subgraphs, sources)',
    ]);
  });

  const subgraph = '{ kind: local, schema: products.graphql, resolvers: resolvers.ts, owner: x }';
  it.each([
    {
      about: 'an unknown source, with the one that may be meant',
      text: `subgraphs:\n  a: { kind: local, schema: products.graphql, resolvers: resolvers.ts, owner: x, sources: [usres] }\nsources:\n  users: { kind: rest, url: 'http://a' }\n`,
      line: 'graph.yaml:2:92 subgraphs.a.sources[0]: expected one of users, got "usres" (did you mean "users"?)',
    },
    {
      about: 'a kind nearly right',
      text: 'subgraphs:\n  a:\n    kind: grahpql\n',
      line: 'graph.yaml:3:11 subgraphs.a.kind: expected "graphql" or "local", got "grahpql" (did you mean "graphql"?)',
    },
    {
      about: 'a missing kind',
      text: 'subgraphs:\n  a:\n    schema: products.graphql\n',
      line: 'graph.yaml:2:3 subgraphs.a.kind: expected "graphql" or "local", got nothing',
    },
    {
      about: 'a missing key',
      text: 'subgraphs:\n  a: { kind: local, schema: products.graphql, resolvers: resolvers.ts }\n',
      line: 'graph.yaml:2:3 subgraphs.a.owner: expected a string, got nothing',
    },
    {
      about: 'both ways to reach a subgraph',
      text: 'subgraphs:\n  a: { kind: graphql, url: http://a, urls: [http://b], schema: products.graphql, owner: x }\n',
      line: 'graph.yaml:2:38 subgraphs.a.urls: expected either "url" or "urls", got both',
    },
    {
      about: 'a name for DNS that is an address',
      text: 'subgraphs:\n  a: { kind: graphql, url: "dns+http://10.0.0.1", schema: products.graphql, owner: x }\n',
      line: 'graph.yaml:2:28 subgraphs.a.url: expected an address such as http://127.0.0.1:4101/graphql, got "dns+http://10.0.0.1"',
    },
    {
      about: 'a port where SRV records hold it',
      text: 'subgraphs:\n  a: { kind: graphql, url: "srv+http://a:80", schema: products.graphql, owner: x }\n',
      line: 'graph.yaml:2:28 subgraphs.a.url: expected an address such as http://127.0.0.1:4101/graphql, got "srv+http://a:80"',
    },
    {
      about: 'a gRPC address without a port, which has no usual one',
      text: 'sources:\n  a: { kind: grpc, url: "grpc://a", proto: stock.proto, service: a.B }\n',
      line: 'graph.yaml:2:25 sources.a.url: expected an address such as grpc://127.0.0.1:4121, got "grpc://a"',
    },
    {
      about: 'a gRPC address with a port that there is none of',
      text: 'sources:\n  a: { kind: grpc, url: "grpc://a:70000", proto: stock.proto, service: a.B }\n',
      line: 'graph.yaml:2:25 sources.a.url: expected an address such as grpc://127.0.0.1:4121, got "grpc://a:70000"',
    },
    {
      about: 'a gRPC address whose SRV records would hold the port',
      text: 'sources:\n  a: { kind: grpc, urls: ["srv+grpc://a:80"], proto: stock.proto, service: a.B }\n',
      line: 'graph.yaml:2:27 sources.a.urls[0]: expected an address such as grpc://127.0.0.1:4121, got "srv+grpc://a:80"',
    },
    {
      about: 'a gRPC source without an address',
      text: 'sources:\n  a: { kind: grpc, proto: stock.proto, service: a.B }\n',
      line: 'graph.yaml:2:3 sources.a: expected "url" or "urls", got neither',
    },
    {
      about: 'credentials in an address',
      text: 'subgraphs:\n  a: { kind: graphql, url: "http://me:pw@a", schema: products.graphql, owner: x }\n',
      line: 'graph.yaml:2:28 subgraphs.a.url: expected an address such as http://127.0.0.1:4101/graphql, got "http://***@a"',
    },
    {
      about: 'a name that could not be one',
      text: `subgraphs:\n  My Graph: ${subgraph}\n`,
      line: 'graph.yaml:2:3 subgraphs.My Graph: expected a name of lower-case letters, digits, "-" and "_", letter first',
    },
    {
      about: 'a folder in place of a file',
      text: `subgraphs:\n  a: { kind: local, schema: ., resolvers: resolvers.ts, owner: x }\n`,
      line: 'graph.yaml:2:29 subgraphs.a.schema: expected a file, got ".", which is not one',
    },
    {
      about: 'no subgraphs',
      text: 'sources: {}\n',
      line: 'graph.yaml:1:1 subgraphs: expected a map, got nothing',
    },
    {
      about: 'a list in place of a map',
      text: 'subgraphs:\n  - a\n',
      line: 'graph.yaml:2:3 subgraphs: expected a map, got a list',
    },
    {
      about: 'a variable that is not set',
      text: 'subgraphs:\n  a: { kind: graphql, url: "${SHOP_URL}", schema: products.graphql, owner: x }\n',
      line: 'graph.yaml:2:28 subgraphs.a.url: environment variable SHOP_URL is not set and has no default (write ${SHOP_URL:-default})',
    },
    {
      about: 'bad YAML',
      text: 'subgraphs:\n  a: [1, 2\nsources: {}\n',
      line: 'graph.yaml:3:1 Flow sequence in block collection must be sufficiently indented and end with a ]',
    },
  ])('include $about', async ({ text, line }) => {
    expect(await mistakesOf(text)).toContain(line);
  });

  it('never show a value that came from the environment, as it may be a secret', async () => {
    const text =
      'subgraphs:\n  a: { kind: graphql, url: "${SHOP_URL}", schema: products.graphql, owner: x }\n';
    const { graph } = await given(text, { SHOP_URL: 'postgres://me:hunter2@db' });
    const message = await graph.then(() => '', messageOf);
    expect(message).toContain('got the value of "${SHOP_URL}"');
    expect(message).not.toContain('hunter2');
  });

  it('include a file that is not there', async () => {
    const folder = await folderWith({});
    const error: unknown = await loadGraphFile(join(folder, 'graph.yaml')).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(messageOf(error)).toMatch(/graph\.yaml: no such file$/);
  });
});

async function given(text: string, environment: Record<string, string> = {}) {
  const folder = await folderWith({
    'graph.yaml': text,
    'products.graphql': sdl,
    'resolvers.ts': '',
    'stock.proto': '',
  });
  const graph = loadGraphFile(join(folder, 'graph.yaml'), { environment });
  graph.catch(() => {});
  return { folder, graph };
}

/** The lines of the message, without the folder of the test. */
async function mistakesOf(text: string): Promise<string[]> {
  const { folder, graph } = await given(text);
  const error: unknown = await graph.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
  return messageOf(error).replaceAll(`${folder}/`, '').split('\n');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}
