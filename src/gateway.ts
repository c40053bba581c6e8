/**
 * THE MAP. Builds every part of the gateway and lists the stages in their order:
 *
 *     HTTP edge -> auth -> operation (prepare, variables) -> auth (may see) -> execute (fan-out) -> sources -> response
 *
 * What is behind each name is in the folder of that name; docs/ARCHITECTURE.md draws the whole.
 */

import type { WriteAudit } from './authz/audit/audit-queue.ts';
import type { Authorizer } from './authz/authorizer.ts';
import { openAuthorization, type Authorization } from './authz/open-authorization.ts';
import type { GatewayConfig } from './config/gateway/gateway-config.ts';
import { withinDeadline } from './execute/deadline.ts';
import { compileOperation, execute, type ExecutableOperation } from './execute/executor.ts';
import { openOperations, openWaiting } from './operation/open-operations.ts';
import type { PreparedOperations } from './operation/prepared-operations.ts';
import type { WaitingRequests } from './operation/waiting-requests.ts';
import type { GraphInputs } from './pipeline/answer-inputs.ts';
import type { Answered, Received } from './pipeline/stages.ts';
import { Generations } from './plan/generations.ts';
import type { Graph } from './plan/graph-source.ts';
import { graphInputs, openLabels, type LabelsOf } from './plan/labels.ts';
import { plannerOf } from './plan/planner.ts';
import { loadedEvent, type OpenPlanner, type Planning } from './plan/planning.ts';
import type { GraphDescription, LoadedGraph } from './preparation/worker-protocol.ts';
import { outlineOf } from './response/outline.ts';
import { reportAnswer } from './response/report.ts';
import { monotonicClock } from './shared/clock.ts';
import type { Events } from './shared/events.ts';
import { MutationCounter } from './shared/mutation-counter.ts';
import { createBackends, type Backends } from './services/backends.ts';
import { loadSubgraphs, type LoadedSubgraphs } from './services/load.ts';
import { connectRemote } from './services/remote.ts';

export interface Gateway {
  readonly events: Events;
  readonly mutations: MutationCounter;
  /** Makes its operation known, and throws what `answer` would throw of it. */
  prepare(received: Received): Promise<void>;
  /** @throws {GatewayError} For a request that is refused as a whole; field errors are part of the answer. */
  answer(received: Received): Promise<Answered>;
  /** What the graph in place looks at in a request. */
  inputs(): GraphInputs;
  /** The graph in place, as SDL. */
  describe(): Promise<GraphDescription>;
  /** Puts another graph in place without a request noticing. Throws where it is no good; the old one stays. */
  replace(graph: Graph): Promise<void>;
  close(): Promise<void>;
}

/** Everything that belongs to one supergraph. */
interface Parts {
  readonly loaded: LoadedGraph;
  readonly planner: Planning;
  readonly backends: LoadedSubgraphs;
  readonly operations: PreparedOperations<ExecutableOperation>;
  readonly authorizer: Authorizer;
  readonly inputs: GraphInputs;
}

interface Lasting {
  readonly waiting: WaitingRequests;
  readonly backends: Backends;
  readonly events: Events;
  readonly openPlanner: OpenPlanner;
  readonly labelsOf: LabelsOf;
  readonly authorization: Authorization;
}

/** @throws {GatewayError} `CONFIG_INVALID`, `COMPOSITION_FAILED` or `SUPERGRAPH_INVALID`, every reason on its line. */
export async function createGateway(
  graph: Graph,
  config: GatewayConfig,
  events: Events,
  { openPlanner = plannerOf, writeAudit }: { openPlanner?: OpenPlanner; writeAudit?: WriteAudit } = {},
): Promise<Gateway> {
  const waiting = openWaiting(config);
  const mutations = new MutationCounter();
  const backends = createBackends(config, mutations, events);
  const labelsOf = await openLabels(config, events);
  const authorization = await openAuthorization(config, events, writeAudit);
  const lasting = { waiting, backends, events, openPlanner, labelsOf, authorization };
  const generations = await Generations.start<Graph, Parts>(
    {
      open: (next) => openParts(next, config, lasting),
      warm: (before, next) => next.operations.warmFrom(before.operations, config.reload.warmOperationsMax),
      close: async ({ planner, backends: open }) => void (await Promise.all([planner.close(), open.close()])),
      drainTimeoutMs: config.timeouts.requestMs,
    },
    graph,
  );

  async function answerOn(parts: Parts, received: Received): Promise<Answered> {
    const { context } = received;
    const prepared = await parts.operations.prepare(received);
    const { operation, decisions } = await parts.authorizer.authorize(prepared, parts.operations);
    const answer = await execute(operation, {
      variables: prepared.variables,
      context,
      decisions,
      subgraphs: parts.backends.subgraphs,
      limits: config.limits,
      introspect: (document, values) => waiting.wait(received, parts.planner.introspect(document, values)),
    });
    reportAnswer(events, { context, answer });
    return { context, answer, ...outlineOf(prepared.operation.prepared, parts.inputs) };
  }

  return {
    events,
    mutations,
    prepare: (received) =>
      withinDeadline(received.context, () => generations.use(({ operations }) => operations.ready(received))),
    answer: (received) =>
      withinDeadline(received.context, () => generations.use((parts) => answerOn(parts, received))),
    inputs: () => generations.current.inputs,
    describe: () => generations.use(({ planner }) => planner.describe()),
    async replace(next) {
      const { hash } = (await generations.replace(next)).loaded;
      events.emit('graphReplaced', { hash });
    },
    close: () => generations.close().then(() => authorization.close()),
  };
}

async function openParts(graph: Graph, config: GatewayConfig, lasting: Lasting): Promise<Parts> {
  const startedAtMs = monotonicClock();
  const authorizer = await lasting.authorization.authorizerFor(graph.policy);
  const planner = lasting.openPlanner(graph, config);
  const { loaded, backends } = await planner.orClose(connect(planner, graph, lasting.backends));
  const labels = lasting.labelsOf(loaded.labels);
  const operations = openOperations<ExecutableOperation>(config, {
    prepare: (request, turn) => planner.prepare(request, turn),
    compile: compileOperation,
    labels,
    waiting: lasting.waiting,
  });
  lasting.events.emit('supergraphLoaded', loadedEvent(loaded, startedAtMs));
  const inputs = graphInputs(labels, backends.hasResolvers);
  return { loaded, planner, backends, operations, authorizer, inputs };
}

async function connect(planner: Planning, graph: Graph, services: Backends) {
  // At the same time: the worker composes while this thread imports resolvers.
  const [loaded, local] = await Promise.all([
    planner.start(),
    graph.kind === 'graph' ? loadSubgraphs(graph.graph, services) : undefined,
  ]);
  return { loaded, backends: local ?? connectRemote(loaded.subgraphs, services) };
}
