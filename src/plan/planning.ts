/** What the gateway asks a planner, whether its workers belong to this process or to another one. */

import type { GatewayConfig } from '../config/gateway-config.ts';
import type { CoercedVariables } from '../pipeline/answer.ts';
import type { PreparationResult } from '../pipeline/prepared.ts';
import { monotonicClock } from '../shared/clock.ts';
import type { GatewayEvents } from '../shared/events.ts';
import type { Graph } from './graph-source.ts';
import type { PreparationRequest } from './prepare.ts';
import type { GraphDescription, LoadedGraph, PlannerTask } from './worker-protocol.ts';

/** What is said of a supergraph that was loaded. */
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

export type OpenPlanner = (graph: Graph, config: GatewayConfig) => Planning;

export abstract class Planning {
  /** @throws {GatewayError} `COMPOSITION_FAILED` or `SUPERGRAPH_INVALID` with every reason, one a line. */
  abstract start(): Promise<LoadedGraph>;
  /**
   * @returns The answer as JSON text.
   * @throws {GatewayError} `PLANNING_TIMEOUT`, with `retryAfter` in seconds where the operation is quarantined.
   */
  abstract ask(task: PlannerTask): Promise<string>;
  abstract close(): Promise<void>;

  /**
   * @returns The answer, and the size of its text in bytes.
   * @throws {GatewayError} What `ask` throws.
   */
  async prepare(request: PreparationRequest): Promise<{ result: PreparationResult; bytes: number }> {
    const json = await this.ask({ kind: 'prepare', request });
    return { result: JSON.parse(json) as PreparationResult, bytes: json.length };
  }

  async describe(): Promise<GraphDescription> {
    return JSON.parse(await this.ask({ kind: 'describe' })) as GraphDescription;
  }

  async introspect(document: string, values: CoercedVariables): Promise<Record<string, unknown>> {
    const json = await this.ask({ kind: 'introspect', document, variables: [...values] });
    return JSON.parse(json) as Record<string, unknown>;
  }
}
