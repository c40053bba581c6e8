/** What execution hands to the response stage. Types only. */

import type { SourcePosition } from './prepared.ts';

export interface Answer {
  readonly data: Record<string, unknown> | null;
  readonly errors: readonly AnswerError[];
  /** Sent as it is. */
  readonly extensions?: AnswerExtensions;
}

export interface AnswerExtensions {
  readonly fallbacks: readonly Fallback[];
}

/** A value of the answer that its service did not give now. */
export interface Fallback {
  /** In the client's response names. */
  readonly path: ReadonlyArray<string | number>;
  readonly service: string;
  /** From gateway.yaml, or an earlier answer. */
  readonly source: 'declared' | 'stale';
  readonly ageMs?: number;
}

/** One error of the answer, before the response stage decides what of it the client may see. */
export interface AnswerError {
  readonly message: string;
  /** Ours from the error table, or the subgraph's own. */
  readonly code: string;
  /** In the client's response names. */
  readonly path?: ReadonlyArray<string | number>;
  /** Where the client's document asks for the field at `path`. */
  readonly locations?: readonly SourcePosition[];
  /** The subgraph or backend at fault. */
  readonly service?: string;
  /** The message was written by a backend, so policy decides whether the client sees it. */
  readonly fromBackend: boolean;
  /** The subgraph's own extensions. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** Whether the same request may succeed later. Absent: as the code says. */
  readonly retryable?: boolean;
  /** Logged, never sent. */
  readonly cause?: unknown;
}

/** Variables after coercion: defaults filled in, unknown ones dropped. A map, because clients choose their names. */
export type CoercedVariables = ReadonlyMap<string, unknown>;
