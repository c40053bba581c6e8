/** What is told about one request to the holder of a debug token. Types only. */

import type { SpanReport } from '../shared/span-tree.ts';

/** In `extensions.debug`. */
export interface DebugReport {
  readonly requestId: string;
  /** Null: requests are not traced. */
  readonly traceId: string | null;
  readonly client: string | null;
  /** Null: nothing was fetched. */
  readonly plan: PlanReport | null;
  /** What took how long. */
  readonly spans: SpanReport;
  readonly nulls: readonly NullReport[];
}

export interface PlanReport {
  readonly kind: 'sequence' | 'parallel' | 'fetch' | 'condition';
  readonly steps?: readonly PlanReport[];
  readonly service?: string;
  /** What the service is asked. Absent for a client from which a contract hides something. */
  readonly operation?: string;
  readonly operationKind?: 'query' | 'mutation';
  /** Whether entities are fetched, of objects at `path`. */
  readonly isEntities?: boolean;
  readonly path?: string;
  readonly variable?: string;
}

/** Why a field is null. */
export interface NullReport {
  readonly path: ReadonlyArray<string | number>;
  readonly code: string;
  readonly service: string | null;
  readonly message: string;
  /** What was behind it, as the log has it. Null: nothing more is known. */
  readonly reason: string | null;
}

/** Keeps the spans of one request. */
export interface DebugRecording {
  /** As `errors.backendMessages` has it: a token does not show more of services than answers do. */
  readonly backendMessages: 'pass' | 'redact';
  report(): SpanReport;
}
