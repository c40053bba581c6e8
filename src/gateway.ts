/**
 * THE MAP. Builds every part of the gateway and lists the stages in their order:
 *
 *     HTTP edge -> operation (prepare, variables) -> execute (fan-out) -> sources -> response
 *
 * What is behind each name is in the folder of that name; docs/ARCHITECTURE.md draws the whole.
 */

import type { GatewayConfig } from './config/gateway-config.ts';
import type { GraphConfig } from './config/graph-file.ts';
import { compileOperation, execute, type ExecutableOperation } from './execute/executor.ts';
import { PreparedOperations } from './operation/prepared-operations.ts';
import type { Answered, Received } from './pipeline/stages.ts';
import { Planner } from './plan/planner.ts';
import type { LoadedGraph, SupergraphSource } from './plan/worker-protocol.ts';
import { monotonicClock } from './shared/clock.ts';
import { GatewayError } from './shared/errors.ts';
import type { Events } from './shared/events.ts';
import { loadSubgraphs, type LoadedSubgraphs } from './subgraphs/load.ts';
import { connectRemote } from './subgraphs/remote.ts';

export type GatewayGraph =
  | { readonly kind: 'graph'; readonly graph: GraphConfig }
  /** Remote subgraphs only, at the addresses that stand in it. */
  | { readonly kind: 'supergraph'; readonly sdl: string };

export interface Gateway {
  readonly events: Events;
  /** @throws {GatewayError} For a request that is refused as a whole; field errors are part of the answer. */
  answer(received: Received): Promise<Answered>;
  close(): Promise<void>;
}

/** @throws {GatewayError} `CONFIG_INVALID`, `COMPOSITION_FAILED` or `SUPERGRAPH_INVALID`, every reason on its line. */
export async function createGateway(
  source: GatewayGraph,
  config: GatewayConfig,
  events: Events,
): Promise<Gateway> {
  const startedAtMs = monotonicClock();
  const { limits, timeouts, errors } = config;

  const planner = new Planner(supergraphSource(source), {
    tokensMax: limits.tokensMax,
    suggestions: errors.suggestions,
    planningTimeoutMs: timeouts.planningMs,
    loadTimeoutMs: timeouts.loadMs,
    queueMax: limits.planningQueueMax,
  });
  const { loaded, backends } = await start(planner, source).catch(async (error: unknown) => {
    await planner.close();
    throw error;
  });
  const operations = new PreparedOperations<ExecutableOperation>({
    prepare: (request) => planner.prepare(request),
    compile: compileOperation,
    entriesMax: limits.preparedOperationsMax,
  });
  events.emit('supergraphLoaded', {
    hash: loaded.hash,
    subgraphs: loaded.subgraphs.map(({ name }) => name),
    durationMs: monotonicClock() - startedAtMs,
  });

  async function answer(received: Received): Promise<Answered> {
    const { context } = received;
    const deadline = setTimeout(() => {
      context.cancellation.cancel(
        new GatewayError('SERVICE_TIMEOUT', 'The deadline of the request has passed'),
      );
    }, timeouts.requestMs);
    try {
      const { operation, variables } = await operations.prepare(received);
      const result = await execute(operation, {
        variables,
        context,
        subgraphs: backends.subgraphs,
        limits,
        introspect: (document, values) => planner.introspect(document, values),
      });
      const { kind, name } = operation.prepared;
      return { context, answer: result, kind, name };
    } finally {
      clearTimeout(deadline);
    }
  }

  return {
    events,
    answer,
    async close() {
      await Promise.all([planner.close(), backends.close()]);
    },
  };
}

async function start(
  planner: Planner,
  source: GatewayGraph,
): Promise<{ loaded: LoadedGraph; backends: LoadedSubgraphs }> {
  // At the same time: the worker composes while this thread imports resolvers.
  const [loaded, local] = await Promise.all([
    planner.start(),
    source.kind === 'graph' ? loadSubgraphs(source.graph) : undefined,
  ]);
  return { loaded, backends: local ?? connectRemote(loaded.subgraphs) };
}

function supergraphSource(source: GatewayGraph): SupergraphSource {
  if (source.kind === 'supergraph') return { kind: 'sdl', sdl: source.sdl };
  const subgraphs = source.graph.subgraphs.map((subgraph) => ({
    name: subgraph.name,
    url: subgraph.kind === 'graphql' ? (subgraph.urls[0] ?? '') : `local:${subgraph.name}`,
    sdl: subgraph.sdl,
    file: subgraph.schemaPath,
  }));
  return { kind: 'subgraphs', subgraphs };
}
