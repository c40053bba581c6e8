/**
 * Where the graph comes from, and when it has changed: graph.yaml with its schema files, a supergraph file, or an
 * address that is asked with its ETag.
 */

import { readFile } from 'node:fs/promises';

import { fileState } from '../config/file-state.ts';
import type { Environment } from '../config/yaml/environment.ts';
import { loadGraphFile, type GraphConfig } from '../config/graph/file.ts';
import type { AddressRules } from '../shared/addresses.ts';
import type { PolicyOutline } from '../pipeline/authorization.ts';
import { GatewayError } from '../shared/errors.ts';
import { isAllowedOrigin } from '../shared/origins.ts';
import { download } from './download.ts';
import type { SupergraphSource } from '../preparation/worker-protocol.ts';

export type Graph = (
  | { readonly kind: 'graph'; readonly graph: GraphConfig }
  /** Remote subgraphs only, at the addresses that stand in it. */
  | { readonly kind: 'supergraph'; readonly sdl: string }
) & {
  /** Which of its fields have a rule. Absent: there is no policy. */
  readonly policy?: PolicyOutline;
};

export interface GraphPlace {
  /** `graph.yaml`, or a supergraph: a file or an http(s) address. */
  readonly kind: 'graph' | 'supergraph';
  readonly place: string;
  readonly environment: Environment;
  /** For reading from an address. */
  readonly timeoutMs: number;
  readonly supergraphBytesMax: number;
  /** Which addresses a supergraph may come from. */
  readonly addresses: AddressRules;
  /** Absent: any. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Belongs to the graph: another policy is another graph. Absent: there is none. */
  readonly policy?: { readonly file: string; readonly read: () => Promise<PolicyOutline> };
}

export class GraphSource {
  readonly #place: GraphPlace;
  /** Files that the last graph came from, with their state then. */
  #files = new Map<string, string>();
  #etag: string | null = null;

  constructor(place: GraphPlace) {
    this.#place = place;
  }

  get isRemote(): boolean {
    return this.#place.kind === 'supergraph' && /^https?:\/\//.test(this.#place.place);
  }

  /** @throws {GatewayError} `CONFIG_INVALID` or `SUPERGRAPH_INVALID`, saying what is wrong. */
  async read(): Promise<Graph> {
    const graph = await this.#read();
    return this.#withPolicy(graph);
  }

  async #withPolicy(graph: Graph): Promise<Graph> {
    const { policy } = this.#place;
    return policy ? { ...graph, policy: await policy.read() } : graph;
  }

  async #read(): Promise<Graph> {
    const { kind, place, environment } = this.#place;
    if (kind === 'supergraph') return { kind, sdl: await this.#readSupergraph() };
    await this.#watchFiles([place]);
    const graph = await loadGraphFile(place, { environment });
    await this.#watchFiles([
      place,
      ...graph.subgraphs.map(({ schemaPath }) => schemaPath),
      ...graph.tlsPaths,
    ]);
    return { kind: 'graph', graph };
  }

  /** @returns undefined while nothing has changed since the last read. */
  async readIfChanged(): Promise<Graph | undefined> {
    if (this.isRemote) {
      const sdl = await this.#fetch();
      return sdl === undefined ? undefined : this.#withPolicy({ kind: 'supergraph', sdl });
    }
    for (const [file, state] of this.#files) if ((await fileState(file)) !== state) return this.read();
    return undefined;
  }

  async #readSupergraph(): Promise<string> {
    const { place } = this.#place;
    if (this.isRemote) {
      this.#etag = null;
      return (await this.#fetch()) ?? '';
    }
    await this.#watchFiles([place]);
    try {
      return await readFile(place, 'utf8');
    } catch (cause) {
      throw unreadable(place, cause);
    }
  }

  /** @returns undefined where the address says that it has not changed. */
  async #fetch(): Promise<string | undefined> {
    const { place, timeoutMs, supergraphBytesMax, allowedOrigins } = this.#place;
    try {
      if (!isAllowedOrigin(place, allowedOrigins)) {
        throw new Error('it is not among "transport.allowedOrigins"');
      }
      const found = await download(place, {
        timeoutMs,
        bytesMax: supergraphBytesMax,
        addresses: this.#place.addresses,
        etag: this.#etag,
      });
      if (!found) return undefined;
      this.#etag = found.etag;
      return found.text;
    } catch (cause) {
      throw unreadable(place, cause);
    }
  }

  async #watchFiles(files: readonly string[]): Promise<void> {
    const { policy } = this.#place;
    const watched = policy ? [...files, policy.file] : files;
    this.#files = new Map(
      await Promise.all(watched.map(async (file) => [file, await fileState(file)] as const)),
    );
  }
}

function unreadable(place: string, cause: unknown): GatewayError {
  const reason = cause instanceof Error ? cause.message || codeOf(cause) : String(cause);
  return new GatewayError('SUPERGRAPH_INVALID', `${place} cannot be read: ${reason}`, { cause });
}

/** Of an error without words, such as one for several addresses that all refused. */
function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** What the planner worker needs of a graph. */
export function supergraphSourceOf(graph: Graph): SupergraphSource {
  if (graph.kind === 'supergraph') return { kind: 'sdl', sdl: graph.sdl };
  const subgraphs = graph.graph.subgraphs.map((subgraph) => ({
    name: subgraph.name,
    url: subgraph.kind === 'graphql' ? (subgraph.replicas[0]?.url ?? '') : `local:${subgraph.name}`,
    sdl: subgraph.sdl,
    file: subgraph.schemaPath,
  }));
  return { kind: 'subgraphs', subgraphs };
}
