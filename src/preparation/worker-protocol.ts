/** What the main thread and a planner worker say to each other. Answers travel as JSON text. */

import type { PreparationRequest } from '../pipeline/planning.ts';
import type { ErrorCode } from '../shared/errors.ts';
import type { SubgraphSchema } from './composition/compose.ts';
import type { Budget, Interruption } from './interruptible.ts';

export type SupergraphSource =
  | ({ readonly kind: 'sdl'; readonly sdl: string } & SupergraphTerms)
  | ({ readonly kind: 'subgraphs'; readonly subgraphs: readonly SubgraphSchema[] } & SupergraphTerms)
  /** Another worker has composed and checked it: only to plan with. */
  | { readonly kind: 'checked'; readonly sdl: string };

/** What has to be known to say whether a supergraph may be served. */
interface SupergraphTerms {
  /** Directives that the configuration accepts although nothing enforces them. Default: none. */
  readonly allowUnenforced?: readonly string[];
}

/** The answer to `describe`: SDL. */
export interface GraphDescription {
  /** What clients may ask. */
  readonly apiSdl: string;
  readonly supergraphSdl: string;
}

/** What a planner tells of the supergraph it has loaded. */
export interface LoadedGraph {
  readonly subgraphs: ReadonlyArray<{ readonly name: string; readonly url: string }>;
  /** Of `@override(label:)`. */
  readonly labels: readonly string[];
  /** Of the supergraph's text, SHA-256 in hex. */
  readonly hash: string;
}

/** The answer to `load`. */
export interface LoadedSdl extends LoadedGraph {
  /** The supergraph. */
  readonly sdl: string;
}

export type WorkerTask = { readonly kind: 'load'; readonly source: SupergraphSource } | PlannerTask;

/** What a planner with a supergraph can be asked. */
export type PlannerTask =
  | { readonly kind: 'describe' }
  | { readonly kind: 'prepare'; readonly request: PreparationRequest }
  | {
      readonly kind: 'introspect';
      readonly document: string;
      readonly variables: ReadonlyArray<readonly [name: string, value: unknown]>;
    };

export interface WorkerRequest {
  readonly id: number;
  readonly task: WorkerTask;
  /** What it may take before it is interrupted. Null: whoever asks ends the worker. */
  readonly budget: Budget | null;
}

export type WorkerReply = {
  readonly id: number;
  /** Processor time that it took. */
  readonly cpuMs: number;
  /** The worker was interrupted at least once, which may leave the planner's own caches half written. */
  readonly interrupted: boolean;
} & WorkerOutcome;

export type WorkerOutcome =
  | { readonly is: 'done'; readonly json: string }
  | { readonly is: Interruption }
  | { readonly is: 'failed'; readonly error: SentError };

export interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
  /** For the log. */
  readonly detail: string;
}
