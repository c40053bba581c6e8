/** The interface of a planner, whether its worker threads belong to this process or to another one. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { CoercedVariables } from '../pipeline/answer.ts';
import type { Contract } from '../pipeline/contract.ts';
import type { PreparationRequest, Turn } from '../pipeline/planning.ts';
import { monotonicClock } from '../shared/clock.ts';
import { GatewayError, isGatewayError } from '../shared/errors.ts';
import type { GatewayEvents } from '../shared/events.ts';
import type { Graph } from './graph-source.ts';
import type {
  ClientSchema,
  GraphDescription,
  LoadedGraph,
  PlannerTask,
} from '../preparation/worker-protocol.ts';

export function loadedEvent(
  { hash, subgraphs }: LoadedGraph,
  startedAtMs: number,
): GatewayEvents['supergraphLoaded'] {
  return {
    hash,
    subgraphs: subgraphs.map(({ name }) => name),
    durationMs: monotonicClock() - startedAtMs,
  };
}

/** The turn of the gateway itself, for work that no client requested. */
export const ownTurn: Turn = { client: '' };

export type OpenPlanner = (graph: Graph, config: GatewayConfig) => Planning;

/** Asks the planner in the turn of a client: the answer, and a function that stops waiting for it. */
type InTurn<Answer> = (client: string) => { readonly answer: Promise<Answer>; leave(): void };

export abstract class Planning {
  /** @throws {GatewayError} `COMPOSITION_FAILED` or `SUPERGRAPH_INVALID` with every reason, one a line. */
  abstract start(): Promise<LoadedGraph>;
  /**
   * @param turn Default: the gateway's own.
   * @returns The answer as JSON text.
   * @throws {GatewayError} `PLANNING_TIMEOUT`, with `retryAfter` in seconds where the operation is quarantined;
   *   `PLANNING_QUOTA_EXCEEDED` where the client has reached a ceiling; `CANCELLED` by the turn's signal.
   */
  abstract ask(task: PlannerTask, turn?: Turn): Promise<string>;
  abstract close(): Promise<void>;

  /** Awaits `work`, and closes this planner if it fails. */
  async closeOnFailure<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * The answer as JSON text: a `PreparationResult`. Throws what `ask` throws, and `PLANNING_TIMEOUT` where the deadline of
   * the last request that waited passed before its turn came: that says something of the planner, unlike a client that left.
   */
  async prepare(request: PreparationRequest, turn?: Turn): Promise<string> {
    try {
      return await this.ask({ kind: 'prepare', request }, turn);
    } catch (error) {
      const reason: unknown = turn?.signal?.reason;
      const isLate = isGatewayError(reason) && reason.code === 'PLANNING_TIMEOUT';
      if (!isLate || !isGatewayError(error) || error.code !== 'CANCELLED') throw error;
      // Without `retryAfter`, which is for operations that are quarantined.
      throw new GatewayError('PLANNING_TIMEOUT', 'The operation was not planned before the deadline');
    }
  }

  async describe(): Promise<GraphDescription> {
    return JSON.parse(await this.ask({ kind: 'describe' })) as GraphDescription;
  }

  /** @throws {GatewayError} `CONTRACT_INVALID` with every reason, one a line. */
  async checkContract(contract: Contract): Promise<void> {
    await this.ask({ kind: 'checkContract', contract });
  }

  /** The schema of a client, which asks for it. The answer rejects with what `checkContract` and `ask` throw. */
  clientSchemaFor(contract: Contract): InTurn<ClientSchema> {
    return this.#inTurn(() => ({ kind: 'clientSchema', contract }));
  }

  /** Schema introspection that depends on variables. The answer rejects with what `ask` throws. */
  introspect(
    document: string,
    variables: CoercedVariables,
    contract: Contract | null,
  ): InTurn<Record<string, unknown>> {
    return this.#inTurn(() => {
      // Exact numbers cannot be sent to another thread, and introspection does not need them.
      const values = JSON.parse(JSON.stringify([...variables])) as Array<[string, unknown]>;
      return { kind: 'introspect', document, variables: values, contract };
    });
  }

  #inTurn<Answer>(taskOf: () => PlannerTask): InTurn<Answer> {
    return (client) => {
      const controller = new AbortController();
      const reply = this.ask(taskOf(), { client, signal: controller.signal });
      return {
        answer: reply.then((json) => JSON.parse(json) as Answer),
        leave: () => controller.abort(),
      };
    };
  }
}
