/** The calls between the primary process and its workers. Each is answered with a text, which may be empty. */

import type { ClientConfig } from '../config/client/client-file.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Graph } from '../plan/graph-source.ts';
import type { LoadedGraph, PlannerTask } from '../preparation/worker-protocol.ts';
import type { CredentialTexts } from '../server/credentials.ts';

/** A graph whose planner runs in the primary process. */
export interface PlannedGraph {
  /** Identifies that planner. */
  readonly generation: number;
  /** A supergraph is sent without its SDL, which only the planner needs. */
  readonly graph: Graph;
  readonly loaded: LoadedGraph;
}

/** The clients that are configured now. */
export interface ClientConfigs {
  readonly configs: readonly ClientConfig[];
  /** Clients whose changed folders are invalid. */
  readonly refused: readonly string[];
}

export type CallToWorker =
  /** Answered with the URL of the endpoint, once the worker listens. */
  | {
      readonly kind: 'start';
      readonly worker: number;
      readonly config: GatewayConfig;
      readonly planned: PlannedGraph;
      readonly credentials: CredentialTexts;
      /** Null: none are configured. */
      readonly clients: ClientConfigs | null;
    }
  /** Answered once the worker serves that graph; with an error if it cannot, and the previous graph stays. */
  | { readonly kind: 'replace'; readonly planned: PlannedGraph }
  /** Answered once they are in use. */
  | { readonly kind: 'credentials'; readonly credentials: CredentialTexts }
  /** Answered once they are in use. */
  | { readonly kind: 'clients'; readonly clients: ClientConfigs }
  /** Another worker's mutation has ended: answers in flight here may be older than it. */
  | { readonly kind: 'mutated' }
  /** Answered once requests in flight have ended. */
  | { readonly kind: 'drain' };

export type CallToPrimary =
  /** Answered with the planner's JSON. */
  | {
      readonly kind: 'ask';
      readonly generation: number;
      readonly task: PlannerTask;
      /** The client whose share of the planner's time this takes. */
      readonly client: string;
    }
  /** This worker no longer needs that planner. */
  | { readonly kind: 'released'; readonly generation: number }
  /** A mutation has ended here. Answered once all other workers know. */
  | { readonly kind: 'mutated' }
  /** Lines for the audit file. Answered once they are written. */
  | { readonly kind: 'audit'; readonly lines: readonly string[] };

/** Short, because the other side neither loads nor plans anything. */
export const noticeTimeoutMs = 1000;
/** Allows for a slow disk. */
export const auditTimeoutMs = 10_000;

/** How long a worker may take to drain. */
export function drainMs({ server }: GatewayConfig): number {
  return server.drainDelayMs + server.drainTimeoutMs;
}
