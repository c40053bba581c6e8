/** A gateway with clients, each with a key of its own, over in-process subgraphs. Call it within a test. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { type RunningGateway, start } from '../../../src/assembly/start.ts';
import { digestOf, keyIdOf, newKeyText } from '../../../src/authn/api-keys/key-text.ts';
import { folderWith } from '../../support/folder.ts';

export interface LocalSubgraph {
  /** SDL of the subgraph, without its `@link`. */
  readonly schema: string;
  /** Source of a module that exports `resolvers`. */
  readonly resolvers: string;
}

/** The subgraph `things`, with everything else. */
export interface ClientGatewayOptions extends LocalSubgraph {
  /** Further subgraphs by name. */
  readonly others?: Readonly<Record<string, LocalSubgraph>>;
  /** client.yaml by client, without the owner. */
  readonly clients: Readonly<Record<string, string>>;
  /** Further lines of gateway.yaml. */
  readonly settings?: readonly string[];
  /** Further lines below `clients` of gateway.yaml. */
  readonly options?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  /** Default: silent. */
  readonly log?: string;
  readonly workers?: number;
}

export interface ClientGateway {
  readonly gateway: RunningGateway;
  readonly url: string;
  readonly folder: string;
  /** The header with the client's API key. */
  readonly keyOf: (client: string) => Record<string, string>;
}

const imports =
  '"@key", "@tag", "@inaccessible", "@shareable", "@requires", "@external", "@cost", "@listSize", "@composeDirective"';

export const linked = (schema: string): string =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: [${imports}])\n${schema}`;

export interface ClientFiles extends Pick<ClientGateway, 'keyOf'> {
  readonly files: Readonly<Record<string, string>>;
}

/** graph.yaml, gateway.yaml and all that they name. */
export function clientFiles(options: ClientGatewayOptions): ClientFiles {
  const { schema, resolvers, others = {}, clients, settings = [], files = {} } = options;
  const { options: clientOptions = [], log = '{ level: silent }' } = options;
  const subgraphs = Object.entries({ things: { schema, resolvers }, ...others });
  const keys = new Map(Object.keys(clients).map((name) => [name, newKeyText(randomBytes)]));
  keys.set('unknown', newKeyText(randomBytes));
  const all = {
    'graph.yaml': ['subgraphs:', ...subgraphs.map(([name]) => graphEntry(name)), ''].join('\n'),
    ...Object.fromEntries(
      subgraphs.flatMap(([name, subgraph]) => [
        [`${name}.graphql`, linked(subgraph.schema)],
        [`${name}.mjs`, `${subgraph.resolvers}\nexport const subgraph = { sources: {}, resolvers };\n`],
      ]),
    ),
    'keys.json': keyFile(keys),
    'gateway.yaml': [
      'auth:',
      '  apiKeys: { file: keys.json, lastUsedMs: 0 }',
      'clients:',
      '  folder: clients',
      ...clientOptions.map((line) => `  ${line}`),
      `log: ${log}`,
      ...settings,
      '',
    ].join('\n'),
    ...Object.fromEntries(
      Object.entries(clients).map(([name, text]) => [
        `clients/${name}/client.yaml`,
        `owner: ${name}-team\n${text}`,
      ]),
    ),
    ...files,
  };
  return { files: all, keyOf: (client) => ({ 'x-api-key': keys.get(client) ?? '' }) };
}

export async function clientGateway(options: ClientGatewayOptions): Promise<ClientGateway> {
  const { files, keyOf } = clientFiles(options);
  const folder = await folderWith(files);
  const gateway = await start({
    graphPath: join(folder, 'graph.yaml'),
    configPath: join(folder, 'gateway.yaml'),
    port: 0,
    ...(options.workers === undefined ? {} : { workers: options.workers }),
  });
  onTestFinished(() => gateway.close());
  return { gateway, url: gateway.url, folder, keyOf };
}

function graphEntry(name: string): string {
  return `  ${name}: { kind: local, schema: ${name}.graphql, resolvers: ${name}.mjs, owner: team }`;
}

function keyFile(keys: ReadonlyMap<string, string>): string {
  const records = [...keys].map(([client, text]) => ({
    id: keyIdOf(text),
    sha256: digestOf(text).toString('base64url'),
    client,
    createdAt: '2026-01-01T00:00:00.000Z',
    expiresAt: null,
    revokedAt: null,
  }));
  return JSON.stringify({ version: 1, keys: records });
}
