/** What the primary process and its workers ask of each other. Answers are texts, empty where nothing is to be said. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Graph } from '../plan/graph-source.ts';
import type { LoadedGraph, PlannerTask } from '../preparation/worker-protocol.ts';
import type { CredentialTexts } from '../server/credentials.ts';

/** A graph whose planner runs in the primary process. */
export interface PlannedGraph {
  /** Names that planner. */
  readonly generation: number;
  /** A supergraph comes without its text, which only the planner needs. */
  readonly graph: Graph;
  readonly loaded: LoadedGraph;
}

export type CallToWorker =
  /** Answered with the address, once it listens. */
  | {
      readonly kind: 'start';
      readonly worker: number;
      readonly config: GatewayConfig;
      readonly planned: PlannedGraph;
      readonly credentials: CredentialTexts;
    }
  /** Answered once it serves that graph; with an error where the graph is no good, and the one before stays. */
  | { readonly kind: 'replace'; readonly planned: PlannedGraph }
  /** Answered once they are in place. */
  | { readonly kind: 'credentials'; readonly credentials: CredentialTexts }
  /** Another worker's mutation has ended: what is in flight here may be older. */
  | { readonly kind: 'mutated' }
  /** Answered once requests in flight have ended. */
  | { readonly kind: 'drain' };

export type CallToPrimary =
  /** Answered with the planner's JSON. */
  | {
      readonly kind: 'ask';
      readonly generation: number;
      readonly task: PlannerTask;
      /** Whose turn it takes. */
      readonly client: string;
    }
  /** No request of this worker needs that planner any more. */
  | { readonly kind: 'released'; readonly generation: number }
  /** Answered once all workers know. */
  | { readonly kind: 'mutated' }
  /** For the audit file. Answered once they are written. */
  | { readonly kind: 'audit'; readonly lines: readonly string[] };

/** Both are short: nobody has to load or plan anything. */
export const noticeTimeoutMs = 1000;
/** For a disk that is slow. */
export const auditTimeoutMs = 10_000;

/** How long a worker may take to drain, by its configuration. */
export function drainMs({ server }: GatewayConfig): number {
  return server.drainDelayMs + server.drainTimeoutMs;
}
