/** The result of execution, which the response stage formats. Types only. */

import type { DebugReport } from './debug.ts';
import type { SourcePosition } from './prepared.ts';

export interface Answer {
  readonly data: Record<string, unknown> | null;
  readonly errors: readonly AnswerError[];
  /** Sent unchanged. */
  readonly extensions?: AnswerExtensions;
}

export interface AnswerExtensions {
  readonly fallbacks?: readonly Fallback[];
  readonly cost?: AnswerCost;
  readonly debug?: DebugReport;
}

/** What an operation was estimated to cost, and what its answer cost. */
export interface AnswerCost {
  readonly estimated: number;
  readonly actual: number;
  /** Null: there is no maximum. */
  readonly max: number | null;
}

/** A fallback value in the answer, because its service is unavailable. */
export interface Fallback {
  /** In the client's response names. */
  readonly path: ReadonlyArray<string | number>;
  readonly service: string;
  /** `declared` in gateway.yaml, or from an earlier response. */
  readonly source: 'declared' | 'stale';
  readonly ageMs?: number;
}

/** One field error of the answer, before the response stage redacts it for the client. */
export interface AnswerError {
  readonly message: string;
  /** From the gateway's error table, or the subgraph's own. */
  readonly code: string;
  /** In the client's response names. */
  readonly path?: ReadonlyArray<string | number>;
  /** Where the client's document selects the field at `path`. */
  readonly locations?: readonly SourcePosition[];
  /** The subgraph or service that failed. */
  readonly service?: string;
  /** Whether a service wrote the message, so that it may have to be redacted. */
  readonly fromBackend: boolean;
  /** The subgraph's own extensions. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** Whether the same request may succeed later. Absent: by the code. */
  readonly retryable?: boolean;
  /** Logged, never sent. */
  readonly cause?: unknown;
}

/** Variables after coercion: with defaults, without unknown ones. A map, because clients choose the names. */
export type CoercedVariables = ReadonlyMap<string, unknown>;
