/**
 * Reads the graph and detects changes: graph.yaml with its schema files, a supergraph file, or a URL that is polled with
 * its ETag.
 */

import { readFile } from 'node:fs/promises';

import { fileState } from '../config/file-state.ts';
import type { Environment } from '../config/yaml/environment.ts';
import { loadGraphFile, type GraphConfig } from '../config/graph/file.ts';
import type { AddressRules } from '../shared/addresses.ts';
import type { PolicyOutline } from '../pipeline/authorization.ts';
import { errorText } from '../shared/error-text.ts';
import { GatewayError } from '../shared/errors.ts';
import { isAllowedOrigin } from '../shared/origins.ts';
import { download } from './download.ts';
import { withServiceUrls } from './service-urls.ts';
import type { SupergraphSource } from '../preparation/worker-protocol.ts';

export type Graph = (
  | { readonly kind: 'graph'; readonly graph: GraphConfig }
  /** Remote subgraphs only, at the URLs in the supergraph. */
  | { readonly kind: 'supergraph'; readonly sdl: string }
) & {
  /** Its fields with a rule. Absent: there is no policy. */
  readonly policy?: PolicyOutline;
};

export interface GraphSourceOptions {
  /** `graph.yaml`, or a supergraph: a file or an http(s) URL. */
  readonly kind: 'graph' | 'supergraph';
  readonly location: string;
  readonly environment: Environment;
  /** For reading from a URL. */
  readonly timeoutMs: number;
  readonly supergraphBytesMax: number;
  /** Addresses that a supergraph may be read from. */
  readonly addresses: AddressRules;
  /** Absent: any. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** By the name of a subgraph, the address it is called at instead of its own. Default: none. */
  readonly serviceUrls?: ReadonlyMap<string, string> | undefined;
  /** Part of the graph: a changed policy is a changed graph. Absent: there is none. */
  readonly policy?: { readonly file: string; readonly read: () => Promise<PolicyOutline> };
}

export class GraphSource {
  readonly #options: GraphSourceOptions;
  /** The files of the last graph, with their state before it was read. */
  #files: ReadonlyMap<string, string> = new Map();
  /** Of the graph in place, and of the one that was downloaded last. */
  #etag: string | null = null;
  #downloadedEtag: string | null = null;
  /** Why the last read failed. Null: it did not. */
  #failure: string | null = null;

  constructor(options: GraphSourceOptions) {
    this.#options = options;
  }

  get isRemote(): boolean {
    return this.#options.kind === 'supergraph' && /^https?:\/\//.test(this.#options.location);
  }

  /** @throws {GatewayError} `CONFIG_INVALID` or `SUPERGRAPH_INVALID`, saying what is wrong. */
  async read(): Promise<Graph> {
    try {
      const graph = await this.#withPolicy(await this.#read());
      this.#failure = null;
      return graph;
    } catch (error) {
      this.#failure = errorText(error);
      throw error;
    }
  }

  /** What was read last is in place. A graph that was refused is downloaded again. */
  accepted(): void {
    this.#etag = this.#downloadedEtag;
  }

  async #withPolicy(graph: Graph): Promise<Graph> {
    const { policy } = this.#options;
    return policy ? { ...graph, policy: await policy.read() } : graph;
  }

  async #read(): Promise<Graph> {
    const { kind, location, environment, serviceUrls } = this.#options;
    if (kind === 'supergraph') return this.#supergraph(await this.#readSupergraph());
    // Where it fails, a correction may be in any file of the graph before.
    await this.#watchFiles([location, ...this.#files.keys()]);
    const graph = await loadGraphFile(location, { environment, serviceUrls });
    await this.#watchFiles(
      [
        location,
        ...graph.subgraphs.map(({ schemaPath }) => schemaPath),
        ...graph.sources.flatMap((source) => (source.kind === 'grpc' ? [source.protoPath] : [])),
        ...graph.tlsPaths,
      ],
      this.#files,
    );
    return { kind: 'graph', graph };
  }

  /** @returns undefined while nothing has changed since the last read. */
  async readIfChanged(): Promise<Graph | undefined> {
    const hasChanged = await this.#hasChangedFile();
    if (this.isRemote && !hasChanged && this.#failure === null) {
      const sdl = await this.#fetch(this.#etag);
      return sdl === undefined ? undefined : this.#withPolicy(this.#supergraph(sdl));
    }
    if (hasChanged || this.isRemote) return this.read();
    return this.#failure === null ? undefined : this.#readAgain(this.#failure);
  }

  /** What was missing may be a file that was named for the first time, which nobody looks at. */
  async #readAgain(failure: string): Promise<Graph | undefined> {
    try {
      return await this.read();
    } catch (error) {
      if (errorText(error) === failure) return undefined;
      throw error;
    }
  }

  #supergraph(sdl: string): Graph {
    return { kind: 'supergraph', sdl: withServiceUrls(sdl, this.#options.serviceUrls ?? new Map()) };
  }

  async #readSupergraph(): Promise<string> {
    const { location } = this.#options;
    if (this.isRemote) {
      await this.#watchFiles([]);
      // Until it is accepted: one that is refused is tried again.
      this.#etag = null;
      return (await this.#fetch(null)) ?? '';
    }
    await this.#watchFiles([location]);
    try {
      return await readFile(location, 'utf8');
    } catch (cause) {
      throw unreadable(location, cause);
    }
  }

  /** @returns undefined where the server answers 304 Not Modified. */
  async #fetch(etag: string | null): Promise<string | undefined> {
    const { location, timeoutMs, supergraphBytesMax, allowedOrigins } = this.#options;
    try {
      if (!isAllowedOrigin(location, allowedOrigins)) {
        throw new Error('its origin is not among "transport.allowedOrigins"');
      }
      const downloaded = await download(location, {
        timeoutMs,
        bytesMax: supergraphBytesMax,
        addresses: this.#options.addresses,
        etag,
      });
      if (!downloaded) return undefined;
      this.#downloadedEtag = downloaded.etag;
      return downloaded.text;
    } catch (cause) {
      throw unreadable(location, cause);
    }
  }

  /** @param before States from before the files were read. */
  async #watchFiles(
    files: readonly string[],
    before: ReadonlyMap<string, string> = new Map(),
  ): Promise<void> {
    const { policy } = this.#options;
    const watched = policy ? [...files, policy.file] : files;
    this.#files = new Map(
      await Promise.all(
        watched.map(async (file) => [file, before.get(file) ?? (await fileState(file))] as const),
      ),
    );
  }

  async #hasChangedFile(): Promise<boolean> {
    for (const [file, state] of this.#files) if ((await fileState(file)) !== state) return true;
    return false;
  }
}

function unreadable(location: string, cause: unknown): GatewayError {
  const reason = cause instanceof Error ? cause.message || codeOf(cause) : String(cause);
  return new GatewayError('SUPERGRAPH_INVALID', `${location} cannot be read: ${reason}`, { cause });
}

/** For an error without a message, such as the AggregateError of several addresses that all refused the connection. */
function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** The part of a graph that a planner worker needs. */
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
