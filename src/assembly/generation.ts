/** Builds what belongs to one supergraph: its planner, its services, its prepared operations and its rules. */

import type { Authorization } from '../authz/open-authorization.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Generation } from '../gateway.ts';
import { compileOperation, type ExecutableOperation } from '../execute/executor.ts';
import { assertServicesKnown } from '../operation/cost/service-maxima.ts';
import { openOperations } from '../operation/open-operations.ts';
import type { PreparedOperations } from '../operation/prepared-operations.ts';
import type { WaitingRequests } from '../operation/waiting-requests.ts';
import type { PreparedOperation } from '../pipeline/prepared.ts';
import type { Graph } from '../plan/graph-source.ts';
import { graphInputs, type LabelsOf, type OverrideLabels } from '../plan/labels.ts';
import { loadedEvent, type OpenPlanner, type Planning } from '../plan/planning.ts';
import type { LoadedGraph } from '../preparation/worker-protocol.ts';
import type { Backends } from '../services/backends.ts';
import { loadSubgraphs, type LoadedSubgraphs } from '../services/load.ts';
import { connectRemote } from '../services/remote.ts';
import { monotonicClock } from '../shared/clock.ts';
import type { Events } from '../shared/events.ts';

/** What outlives generations. */
export interface Lasting {
  readonly config: GatewayConfig;
  readonly events: Events;
  readonly waiting: WaitingRequests;
  readonly openPlanner: OpenPlanner;
  readonly labelsOf: LabelsOf;
  readonly authorization: Authorization;
}

export interface OpenGeneration extends Generation {
  readonly loaded: LoadedGraph;
  readonly planner: Planning;
  /** Whether the policy has a rule for `__schema` and `__type`. */
  readonly guardsIntrospection: boolean;
  close(): Promise<void>;
}

/** @throws {GatewayError} `CONFIG_INVALID`, `COMPOSITION_FAILED` or `SUPERGRAPH_INVALID`, every reason on its line. */
export async function openGeneration(
  graph: Graph,
  lasting: Lasting,
  services: Backends,
): Promise<OpenGeneration> {
  const startedAtMs = monotonicClock();
  const { planner, authorizer } = await openPlanning(graph, lasting);
  const starting = started(planner, lasting.config);
  const { loaded, subgraphs } = await planner.closeOnFailure(connect(starting, graph, services));
  const labels = lasting.labelsOf(loaded.labels);
  const operations = preparedOperations<ExecutableOperation>(lasting, {
    planner,
    labels,
    compile: compileOperation,
  });
  lasting.events.emit('supergraphLoaded', loadedEvent(loaded, startedAtMs));
  const withdraw = lasting.events.readings.offer('operationsCached', () => [[operations.size]]);
  return {
    loaded,
    planner,
    authorizer,
    operations,
    subgraphs: subgraphs.subgraphs,
    inputs: graphInputs(labels, subgraphs.hasResolvers),
    guardsIntrospection: (graph.policy?.introspection ?? null) !== null,
    async close() {
      withdraw();
      await Promise.all([planner.close(), subgraphs.close()]);
    },
  };
}

/** The part of a generation that decides about operations, and executes none. */
export interface Deciding {
  readonly authorizer: OpenGeneration['authorizer'];
  readonly operations: PreparedOperations<{ readonly prepared: PreparedOperation }>;
  close(): Promise<void>;
}

/** @throws {GatewayError} As `openGeneration`. */
export async function openDeciding(graph: Graph, lasting: Lasting): Promise<Deciding> {
  const { planner, authorizer } = await openPlanning(graph, lasting);
  const { labels } = await planner.closeOnFailure(planner.start());
  const operations = preparedOperations<{ readonly prepared: PreparedOperation }>(lasting, {
    planner,
    labels: lasting.labelsOf(labels),
    compile: (prepared) => ({ prepared }),
  });
  return { authorizer, operations, close: () => planner.close() };
}

async function openPlanning(graph: Graph, { authorization, openPlanner, config }: Lasting) {
  const authorizer = await authorization.authorizerFor(graph.policy);
  return { authorizer, planner: openPlanner(graph, config) };
}

interface Operations<Executable> {
  readonly planner: Planning;
  readonly labels: OverrideLabels | undefined;
  readonly compile: (prepared: PreparedOperation) => Executable;
}

function preparedOperations<Executable extends { readonly prepared: PreparedOperation }>(
  { config, events, waiting }: Lasting,
  { planner, labels, compile }: Operations<Executable>,
): PreparedOperations<Executable> {
  return openOperations<Executable>(config, {
    prepare: (request, turn) =>
      events.during('preparation', { operationName: request.operationName }, () =>
        planner.prepare(request, turn),
      ),
    compile,
    labels,
    waiting,
    events,
  });
}

interface Connected {
  readonly loaded: LoadedGraph;
  readonly subgraphs: LoadedSubgraphs;
}

async function started(planner: Planning, { limits }: GatewayConfig): Promise<LoadedGraph> {
  const loaded = await planner.start();
  assertServicesKnown(
    limits.cost,
    loaded.subgraphs.map(({ name }) => name),
  );
  return loaded;
}

async function connect(starting: Promise<LoadedGraph>, graph: Graph, services: Backends): Promise<Connected> {
  // At the same time: the worker composes while this thread imports resolvers.
  const loading = graph.kind === 'graph' ? loadSubgraphs(graph.graph, services) : undefined;
  try {
    const [loaded, local] = await Promise.all([starting, loading]);
    return { loaded, subgraphs: local ?? connectRemote(loaded.subgraphs, services) };
  } catch (error) {
    // They may be there later than the planner's refusal.
    void loading?.then(
      (local) => local.close(),
      () => undefined,
    );
    throw error;
  }
}
