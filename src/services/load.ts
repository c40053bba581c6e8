/** Builds the subgraphs of the graph, remote and in-process ones, and the sources that both need. */

import type { GraphConfig } from '../config/graph/file.ts';
import { backendOf } from '../sources/backend.ts';
import { createGraphqlSubgraph } from '../sources/graphql/graphql-source.ts';
import { createHttpTransport } from '../sources/http/transport.ts';
import type { Subgraph } from '../sources/source.ts';
import type { Backends } from './backends.ts';
import { type OpenSource, openSource } from './open-source.ts';
import { checkServices, transportOf, withCountedCacheControl } from './service-settings.ts';

export interface LoadedSubgraphs {
  /** By name, in the order of the file. */
  readonly subgraphs: ReadonlyMap<string, Subgraph>;
  /** Whether there are resolvers among them, which may look at all of a request. */
  readonly hasResolvers: boolean;
  /** Closes the subgraphs and every connection behind them. */
  close(): Promise<void>;
}

/** @throws {GatewayError} `CONFIG_INVALID`, naming the subgraph or source and what is wrong. */
export async function loadSubgraphs(given: GraphConfig, backends: Backends): Promise<LoadedSubgraphs> {
  const graph = withCountedCacheControl(given);
  const { settings, mutations } = backends;
  checkServices(graph, settings);
  const http = createHttpTransport(settings.transport);
  backends.checkPolicies(graph);
  const leases = backends.leases();
  const { around } = backends;
  const sources: OpenSource[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(sources.map((source) => source.close()));
    await http.close();
    leases.release();
  };
  try {
    const parts = { http, leases, settings, mutations };
    for (const source of graph.sources) sources.push(await openSource(source, parts));
    const subgraphs = new Map<string, Subgraph>();
    for (const subgraph of graph.subgraphs) {
      const { name } = subgraph;
      if (subgraph.kind === 'graphql') {
        const remote = createGraphqlSubgraph(
          backendOf(leases.use(subgraph), http, transportOf(subgraph, settings)),
          subgraph.headers,
          backends.ownPolicyOf(name).idempotencyKeys,
        );
        subgraphs.set(name, around(remote, { kind: 'remote', name, headers: subgraph.headers }));
      } else {
        // Only a graph with such a subgraph loads the packages for it.
        const { openLocal } = await import('./local.ts');
        const policies = { service: leases.use(subgraph), own: backends.ownPolicyOf(name) };
        const local = await openLocal(subgraph, sources, policies);
        subgraphs.set(name, around(local, { kind: 'local', name }));
      }
    }
    await leases.ready();
    const hasResolvers = graph.subgraphs.some(
      (subgraph) => subgraph.kind === 'local' && subgraph.resolversPath !== undefined,
    );
    return { subgraphs, hasResolvers, close };
  } catch (error) {
    await close();
    throw error;
  }
}
