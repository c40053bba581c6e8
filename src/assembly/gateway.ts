/** Builds a gateway without a front: it operates on the graph in place, which can be replaced. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { startDeadline } from '../execute/deadline.ts';
import { operationStages, type Operate, type OperationStages } from '../gateway.ts';
import { serviceMaxima } from '../operation/cost/service-maxima.ts';
import type { Contract } from '../pipeline/contract.ts';
import type { GraphInputs } from '../pipeline/answer-inputs.ts';
import type { Read } from '../pipeline/stages.ts';
import { Generations } from '../plan/generations.ts';
import type { Graph } from '../plan/graph-source.ts';
import type { ClientSchema, GraphDescription, RateLimit } from '../preparation/worker-protocol.ts';
import { createBackends } from '../services/backends.ts';
import type { Events } from '../shared/events.ts';
import { MutationCounter } from '../shared/mutation-counter.ts';
import { openGeneration, type OpenGeneration } from './generation.ts';
import { openOperationsFile } from './operations-file.ts';
import { openLasting, type LastingOptions } from './lasting.ts';

export interface Gateway {
  readonly events: Events;
  readonly mutations: MutationCounter;
  /** @throws {GatewayError} For a request that is refused as a whole; field errors are part of the answer. */
  readonly operate: Operate;
  /** Makes an operation known. Throws what `operate` would throw of it. */
  prepare(read: Read): Promise<void>;
  /** What the graph in place looks at in a request. */
  inputs(): GraphInputs;
  /** Whether the policy of the graph in place has a rule for `__schema` and `__type`. */
  guardsIntrospection(): boolean;
  /** `@rateLimit` of the graph in place. */
  rateLimits(): readonly RateLimit[];
  /** Throws `CONTRACT_INVALID` with the reasons if it does not hold for the graph in place. */
  checkContract(contract: Contract): Promise<void>;
  /** The schema that a client with this contract sees: in its turn, within its deadline. Throws as `checkContract`. */
  clientSchemaFor(read: Read, contract: Contract): Promise<ClientSchema>;
  /** The graph in place, as SDL. */
  describe(): Promise<GraphDescription>;
  /** Puts another graph in place without a request noticing. Throws where it is no good; the old one stays. */
  replace(graph: Graph): Promise<void>;
  close(): Promise<void>;
}

function refusedServices(
  { limits }: GatewayConfig,
  events: Events,
): OperationStages['execution']['refusedServices'] {
  const maxima = serviceMaxima(limits, events);
  return maxima && ((cost, variables, context) => maxima.refused(cost, variables, context));
}

export interface GatewayOptions extends LastingOptions {
  readonly config: GatewayConfig;
  readonly events: Events;
}

/** @throws {GatewayError} `CONFIG_INVALID`, `COMPOSITION_FAILED` or `SUPERGRAPH_INVALID`, every reason on its line. */
export async function openGateway(graph: Graph, options: GatewayOptions): Promise<Gateway> {
  const { config, events } = options;
  const mutations = new MutationCounter();
  const services = createBackends(config, mutations, events);
  const lasting = await openLasting(config, events, options);
  const { warmOperationsMax, warmMsMax } = config.reload;
  const generations = await Generations.start<Graph, OpenGeneration>(
    {
      open: (next) => openGeneration(next, lasting, services),
      async warm(before, next) {
        await next.operations.warmAll(before.operations.hottest(warmOperationsMax), warmMsMax);
      },
      close: (generation) => generation.close(),
      drainTimeoutMs: config.timeouts.requestMs,
    },
    graph,
  );
  const operationsFile = await openOperationsFile(config, events, () => generations.current);
  return {
    events,
    mutations,
    operate: operationStages({
      holdGeneration: () => generations.hold(),
      waiting: lasting.waiting,
      execution: { limits: config.limits, refusedServices: refusedServices(config, events) },
      events,
    }),
    async prepare(read) {
      const endDeadline = startDeadline(read.context);
      await generations.use(({ operations }) => operations.ready(read)).finally(endDeadline);
    },
    inputs: () => generations.current.inputs,
    guardsIntrospection: () => generations.current.guardsIntrospection,
    rateLimits: () => generations.current.loaded.rateLimits,
    checkContract: (contract) => generations.use(({ planner }) => planner.checkContract(contract)),
    async clientSchemaFor(read, contract) {
      const endDeadline = startDeadline(read.context);
      const ask = ({ planner }: OpenGeneration): Promise<ClientSchema> =>
        lasting.waiting.wait(read, planner.clientSchemaFor(contract));
      return generations.use(ask).finally(endDeadline);
    },
    describe: () => generations.use(({ planner }) => planner.describe()),
    async replace(next) {
      const { hash } = (await generations.replace(next)).loaded;
      events.emit('graphReplaced', { hash });
    },
    async close() {
      await operationsFile?.close();
      await generations.close();
      await lasting.authorization.close();
    },
  };
}
