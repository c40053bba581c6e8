/** Building the subgraphs of a graph: what a wrong resolver module is told, and that nothing stays open. */

import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { describe, expect, it } from 'vitest';

import { loadGatewayConfig } from '../../src/config/gateway/gateway-config.ts';
import { loadGraphFile } from '../../src/config/graph/file.ts';
import { Events } from '../../src/shared/events.ts';
import { MutationCounter } from '../../src/shared/mutation-counter.ts';
import { type Backends, createBackends } from '../../src/services/backends.ts';
import { loadSubgraphs } from '../../src/services/load.ts';
import { fetchFrom } from './support/fetch.ts';
import { folderWith } from '../support/folder.ts';
import { withoutPolicies } from '../support/plain-services.ts';

const define = pathToFileURL(fileURLToPath(new URL('../../src/services/define.ts', import.meta.url))).href;
const head = `import { defineSubgraph } from ${JSON.stringify(define)};\n`;

it('runs the resolvers of a team from outside the package', async () => {
  const loaded = await load(
    `${head}export const subgraph = defineSubgraph({ sources: {}, resolvers: { Query: { hello: () => 'world' } } });`,
  );
  expect([...loaded.subgraphs.keys()]).toEqual(['greeter']);
  expect(await fetchFrom(loaded.subgraphs.get('greeter'), '{ hello }')).toEqual({ data: { hello: 'world' } });
  await loaded.close();
});

describe('a resolver module that is wrong', () => {
  const module = (sources: string, resolvers: string) =>
    `${head}export const subgraph = defineSubgraph({ sources: ${sources}, resolvers: ${resolvers} });`;

  it.each([
    [
      'without the export',
      'export const resolvers = {};',
      /must export "subgraph" made by defineSubgraph; it exports resolvers$/,
    ],
    ['with an empty file', '', /it exports nothing$/],
    ['with an export of another kind', 'export const subgraph = {};', /must export "subgraph"/],
    ['that throws', 'throw new Error("no luck");', /cannot be loaded: no luck$/],
    ['that does not parse', 'export const = 1;', /cannot be loaded: /],
    [
      'that calls a source not given to it',
      module("{ orders: 'rest' }", '{}'),
      /its resolvers call source "orders"; add it to "sources" of the subgraph$/,
    ],
    [
      'that calls a source the graph does not have',
      module("{ stock: 'rest' }", '{}'),
      /its resolvers call source "stock"; add it to "sources" of the subgraph$/,
    ],
    [
      'that takes a source for another kind',
      module("{ users: 'grpc' }", '{}'),
      /its resolvers need source "users" to be grpc, but it is rest$/,
    ],
    [
      'with a resolver of an unknown field',
      module('{}', "{ Query: { helo: () => '' } }"),
      /it resolves field Query\.helo, which is not in its schema \(did you mean "hello"\?\)$/,
    ],
    [
      'with a resolver of an unknown type',
      module('{}', '{ Qeury: {} }'),
      /it resolves type Qeury, which is not in its schema \(did you mean "Query"\?\)$/,
    ],
  ])('is told so: one %s', async (_about, text, message) => {
    const error: unknown = await load(text).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^subgraph greeter: /),
    });
    expect((error as Error).message).toMatch(message);
  });
});

it('has the time of its own kind, and not that of the services it calls', async () => {
  const hello = `() => new Promise((resolve) => setTimeout(resolve, 120, 'world'))`;
  const slow = `${head}export const subgraph = defineSubgraph({ sources: {}, resolvers: { Query: { hello: ${hello} } } });`;
  const answer = async (policies: string) => {
    const folder = await folderWith({ 'gateway.yaml': `policies: ${policies}\n` });
    const config = await loadGatewayConfig(join(folder, 'gateway.yaml'));
    const loaded = await load(slow, undefined, createBackends(config, new MutationCounter(), new Events()));
    return fetchFrom(loaded.subgraphs.get('greeter'), '{ hello }').finally(() => loaded.close());
  };
  expect(await answer('{ defaults: { timeoutMs: 20 } }')).toEqual({ data: { hello: 'world' } });
  await expect(answer('{ kinds: { local: { timeoutMs: 20 } } }')).rejects.toMatchObject({
    code: 'SERVICE_TIMEOUT',
  });
  await expect(answer('{ services: { greeter: { timeoutMs: 20 } } }')).rejects.toThrow(
    'policies.services.greeter.timeoutMs: of a subgraph of kind local it stands in graph.yaml',
  );
});

it('is told what is wrong with its schema', async () => {
  const text = `${head}export const subgraph = defineSubgraph({ sources: {}, resolvers: {} });`;
  await expect(load(text, 'type Query { hello: Strin }')).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/^subgraph greeter: its schema cannot be used: .*Strin/s),
  });
});

async function load(
  resolvers: string,
  sdl = 'type Query { hello: String }',
  backends: Backends = withoutPolicies(),
) {
  const folder = await folderWith({
    'graph.yaml': `
subgraphs:
  greeter: { kind: local, schema: schema.graphql, resolvers: resolvers.ts, sources: [users], owner: a-team }
sources:
  users: { kind: rest, url: 'http://127.0.0.1:9' }
  orders: { kind: rest, url: 'http://127.0.0.1:9' }
`,
    'schema.graphql': sdl,
    'resolvers.ts': resolvers,
  });
  return loadSubgraphs(await loadGraphFile(join(folder, 'graph.yaml')), backends);
}
