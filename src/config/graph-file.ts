/**
 * Loads schemas/graph.yaml: the subgraphs and sources of the graph, with absolute paths and the text of each schema.
 *
 * The file's shape is `graph-schema.ts`; reading, variables and positions are `yaml-file.ts`; what crosses entries or
 * touches the disk is checked in `graph-checks.ts`.
 */

import { readFile, realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import type { Environment } from './environment.ts';
import { checkGraph } from './graph-checks.ts';
import { resolverModulePath } from './graph-paths.ts';
import { type GraphFile, graphFileSchema } from './graph-schema.ts';
import { readYamlFile } from './yaml-file.ts';

interface SubgraphCommon {
  readonly name: string;
  /** The team to ask. */
  readonly owner: string;
  readonly timeoutMs: number;
  /** Absolute. */
  readonly schemaPath: string;
  readonly sdl: string;
}

export interface GraphqlSubgraphConfig extends SubgraphCommon {
  readonly kind: 'graphql';
  /** At least one; replicas of one service. */
  readonly urls: readonly string[];
}

export interface LocalSubgraphConfig extends SubgraphCommon {
  readonly kind: 'local';
  /** Absolute; the module exports `subgraph`. */
  readonly resolversPath: string;
  /** Names of entries of `GraphConfig.sources`. */
  readonly sources: readonly string[];
}

export type SubgraphConfig = GraphqlSubgraphConfig | LocalSubgraphConfig;

interface SourceCommon {
  readonly name: string;
  readonly url: string;
  readonly timeoutMs: number;
}

export interface HttpSourceConfig extends SourceCommon {
  readonly kind: 'rest' | 'graphql';
}

export interface GrpcSourceConfig extends SourceCommon {
  readonly kind: 'grpc';
  /** Absolute. */
  readonly protoPath: string;
  /** With its package: `tributary.inventory.v1.Inventory`. */
  readonly service: string;
}

export type SourceConfig = HttpSourceConfig | GrpcSourceConfig;

export interface GraphConfig {
  /** Absolute path of the file all this came from. */
  readonly path: string;
  readonly subgraphs: readonly SubgraphConfig[];
  readonly sources: readonly SourceConfig[];
}

export interface GraphFileOptions {
  /** Default `process.env`. */
  readonly environment?: Environment;
}

/** @throws {GatewayError} `CONFIG_INVALID` that lists every mistake with its position. */
export async function loadGraphFile(path: string, options: GraphFileOptions = {}): Promise<GraphConfig> {
  const absolute = resolve(path);
  // Links are followed, as they are in the address of the running code that resolver modules are compared with.
  const folder = await realpath(dirname(absolute)).catch(() => dirname(absolute));
  const file = await readYamlFile(absolute, graphFileSchema, {
    ...options,
    check: (value, report) => checkGraph(value, folder, report),
  });
  return {
    path: absolute,
    subgraphs: await Promise.all(
      Object.entries(file.subgraphs).map(([name, subgraph]) => subgraphConfig(name, subgraph, folder)),
    ),
    sources: Object.entries(file.sources).map(([name, source]) => sourceConfig(name, source, folder)),
  };
}

async function subgraphConfig(
  name: string,
  subgraph: GraphFile['subgraphs'][string],
  folder: string,
): Promise<SubgraphConfig> {
  const { owner, timeoutMs } = subgraph;
  const schemaPath = resolve(folder, subgraph.schema);
  const common = { name, owner, timeoutMs, schemaPath, sdl: await readFile(schemaPath, 'utf8') };
  if (subgraph.kind === 'graphql') {
    const urls = subgraph.urls ?? (subgraph.url === undefined ? [] : [subgraph.url]);
    return { kind: 'graphql', ...common, urls };
  }
  const resolversPath = resolverModulePath(resolve(folder, subgraph.resolvers));
  return { kind: 'local', ...common, resolversPath, sources: subgraph.sources };
}

function sourceConfig(name: string, source: GraphFile['sources'][string], folder: string): SourceConfig {
  if (source.kind !== 'grpc') return { name, ...source };
  const { proto, ...rest } = source;
  return { name, ...rest, protoPath: resolve(folder, proto) };
}
