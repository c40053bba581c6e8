/**
 * Loads schemas/graph.yaml: the subgraphs and sources of the graph, with absolute paths and the text of each schema.
 *
 * The file's shape is in `schema.ts`; reading, variables and positions are in `../yaml/file.ts`; whatever concerns several
 * entries or other files is checked in `checks.ts`.
 */

import { readFile, realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import type { Environment } from '../yaml/environment.ts';
import { checkGraph } from './checks.ts';
import { withServiceUrls } from './service-urls.ts';
import { type GraphFile, graphFileSchema } from './schema.ts';
import type { RestMapping } from './rest-mapping.ts';
import type { ServiceHeaders, TlsMaterial, PartialTransport } from '../gateway/transport.ts';
import { readYamlFile } from '../yaml/file.ts';

/** One address of a service. */
interface ReplicaConfig {
  /** `http(s)://` or `grpc(s)://`, prefixed with `dns+` or `srv+` if replicas are found by DNS. */
  readonly url: string;
  readonly zone?: string | undefined;
}

interface SubgraphCommon {
  readonly name: string;
  /** The team to ask. */
  readonly owner: string;
  readonly timeoutMs: number;
  /** Absolute. */
  readonly schemaPath: string;
  readonly sdl: string;
}

/** How a service is reached, where that differs from gateway.yaml. */
interface ConnectionConfig {
  readonly transport: PartialTransport;
  readonly headers?: ServiceHeaders | undefined;
  readonly tls?: TlsMaterial | undefined;
}

export interface GraphqlSubgraphConfig extends SubgraphCommon, ConnectionConfig {
  readonly kind: 'graphql';
  /** At least one. */
  readonly replicas: readonly ReplicaConfig[];
}

export interface LocalSubgraphConfig extends SubgraphCommon {
  readonly kind: 'local';
  /** Absolute; the module exports `subgraph`. Absent: `rest` resolves all fields. */
  readonly resolversPath?: string | undefined;
  /** Fields that are calls of REST services. */
  readonly rest?: RestMapping | undefined;
  /** Names of entries of `GraphConfig.sources`. */
  readonly sources: readonly string[];
}

export type SubgraphConfig = GraphqlSubgraphConfig | LocalSubgraphConfig;

interface SourceCommon extends ConnectionConfig {
  readonly name: string;
  readonly timeoutMs: number;
}

export interface RestSourceConfig extends SourceCommon {
  readonly kind: 'rest';
  readonly replicas: readonly ReplicaConfig[];
  readonly cache: { readonly entriesMax: number; readonly bytesMax: number };
}

export interface GraphqlSourceConfig extends SourceCommon {
  readonly kind: 'graphql';
  readonly replicas: readonly ReplicaConfig[];
}

export interface GrpcSourceConfig extends SourceCommon {
  readonly kind: 'grpc';
  readonly replicas: readonly ReplicaConfig[];
  /** Absolute. */
  readonly protoPath: string;
  /** Absolute. */
  readonly includeDirs: readonly string[];
  /** With its package: `tributary.inventory.v1.Inventory`. */
  readonly service: string;
}

export interface CustomSourceConfig extends SourceCommon {
  readonly kind: 'custom';
  readonly url: string;
  /** Absolute; the module exports `source`. */
  readonly modulePath: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export type SourceConfig = RestSourceConfig | GraphqlSourceConfig | GrpcSourceConfig | CustomSourceConfig;

export interface GraphConfig {
  /** Absolute path of graph.yaml. */
  readonly path: string;
  readonly subgraphs: readonly SubgraphConfig[];
  readonly sources: readonly SourceConfig[];
  /** Absolute paths of certificates and keys. */
  readonly tlsPaths: readonly string[];
}

export interface GraphFileOptions {
  /** Default `process.env`. */
  readonly environment?: Environment;
  /** By the name of a subgraph, the address it is called at instead of what the file says. Default: none. */
  readonly serviceUrls?: ReadonlyMap<string, string> | undefined;
}

/** @throws {GatewayError} `CONFIG_INVALID` that lists every mistake with its position. */
export async function loadGraphFile(
  path: string,
  { serviceUrls = new Map(), ...options }: GraphFileOptions = {},
): Promise<GraphConfig> {
  const absolute = resolve(path);
  // Symbolic links are resolved, as in the URL of the running code that resolver modules are compared with.
  const folder = await realpath(dirname(absolute)).catch(() => dirname(absolute));
  const file = await readYamlFile(absolute, graphFileSchema, {
    ...options,
    folder,
    edit: (document) => withServiceUrls(document, serviceUrls),
    check: (value, report) => checkGraph(value, folder, report),
  });
  return {
    path: absolute,
    subgraphs: await Promise.all(
      Object.entries(file.subgraphs).map(([name, subgraph]) => subgraphConfig(name, subgraph)),
    ),
    sources: await Promise.all(
      Object.entries(file.sources).map(([name, source]) => sourceConfig(name, source)),
    ),
    tlsPaths: [...Object.values(file.subgraphs), ...Object.values(file.sources)].flatMap((service) =>
      'tls' in service && service.tls ? tlsFilesOf(service.tls) : [],
    ),
  };
}

async function subgraphConfig(
  name: string,
  subgraph: GraphFile['subgraphs'][string],
): Promise<SubgraphConfig> {
  const { owner, timeoutMs, schema: schemaPath } = subgraph;
  const common = { name, owner, timeoutMs, schemaPath, sdl: await readFile(schemaPath, 'utf8') };
  if (subgraph.kind === 'graphql') {
    const { transport, headers, tls } = subgraph;
    return {
      kind: 'graphql',
      ...common,
      replicas: replicasOf(subgraph),
      transport,
      headers,
      tls: await tlsTexts(tls),
    };
  }
  const { resolvers, rest, sources } = subgraph;
  return {
    kind: 'local',
    ...common,
    ...(resolvers === undefined ? {} : { resolversPath: resolvers }),
    ...(rest ? { rest } : {}),
    sources,
  };
}

async function sourceConfig(name: string, source: GraphFile['sources'][string]): Promise<SourceConfig> {
  const tls = await tlsTexts(source.tls);
  if (source.kind === 'custom') {
    const { module: modulePath, ...rest } = source;
    return { name, ...rest, tls, modulePath };
  }
  const { url, urls, ...described } = source;
  const replicas = replicasOf({ url, urls });
  if (described.kind !== 'grpc') return { name, ...described, replicas, tls };
  const { proto: protoPath, ...rest } = described;
  return { name, ...rest, replicas, tls, protoPath };
}

function replicasOf({ url, urls }: Addresses): ReplicaConfig[] {
  const all = urls ?? (url === undefined ? [] : [url]);
  return all.map((replica) => (typeof replica === 'string' ? { url: replica } : replica));
}

interface Addresses {
  readonly url?: string | undefined;
  readonly urls?: ReadonlyArray<string | ReplicaConfig> | undefined;
}

const tlsFileKeys = ['ca', 'cert', 'key'] as const;

function tlsFilesOf(tls: TlsMaterial): string[] {
  return tlsFileKeys.flatMap((key) => tls[key] ?? []);
}

async function tlsTexts(tls: TlsMaterial | undefined): Promise<TlsMaterial | undefined> {
  if (!tls) return undefined;
  const texts: { ca?: string; cert?: string; key?: string; servername?: string } = {};
  for (const key of tlsFileKeys) {
    const file = tls[key];
    if (file !== undefined) texts[key] = await readFile(file, 'utf8');
  }
  return tls.servername === undefined ? texts : { ...texts, servername: tls.servername };
}
