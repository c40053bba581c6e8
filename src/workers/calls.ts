/** The calls between the primary process and its workers. Each is answered with a text, which may be empty. */

import type { ClientConfig } from '../config/client/client-file.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { LogLevel } from '../config/gateway/log.ts';
import type { LimitRule } from '../limits/check.ts';
import type { ChargeChange } from '../limits/shared/shared-store.ts';
import type { MetricChanges } from '../observe/metrics/metric-store.ts';
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

/** Checks of limits. */
export interface PackedRequests {
  readonly rules: readonly LimitRule[];
  /** Of each request. */
  readonly requests: ReadonlyArray<readonly PackedCheck[]>;
}

export type PackedCheck = readonly [
  /** In `rules`. */
  rule: number,
  key: string,
  owner: string | null,
  cost: number,
  gate: 1 | 2 | 3,
  isReturned: boolean,
  isMeasured: boolean,
];

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
      /** That of the primary process now. */
      readonly logLevel: LogLevel;
    }
  /** Answered once the worker serves that graph; with an error if it cannot, and the previous graph stays. */
  | { readonly kind: 'replace'; readonly planned: PlannedGraph }
  /** Answered once they are in use. */
  | { readonly kind: 'credentials'; readonly credentials: CredentialTexts }
  /** Answered once they are in use. */
  | { readonly kind: 'clients'; readonly clients: ClientConfigs }
  | { readonly kind: 'logLevel'; readonly level: LogLevel }
  /** Another worker's mutation, or change of a source, has ended: answers in flight here may be older than it. */
  | { readonly kind: 'mutated'; readonly source?: string }
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
  /** A mutation, or a change of that source, has ended here. Answered once all other workers know. */
  | { readonly kind: 'mutated'; readonly source?: string }
  /** Answered with what they used up. */
  | { readonly kind: 'takeLimits'; readonly packed: PackedRequests }
  | { readonly kind: 'settleLimits'; readonly changes: readonly ChargeChange[] }
  /** What this worker counted. */
  | { readonly kind: 'metrics'; readonly changes: MetricChanges }
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
