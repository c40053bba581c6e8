/** The messages between the main thread and a planner worker. Answers are JSON text. */

import type { Contract } from '../pipeline/contract.ts';
import type { PreparationRequest } from '../pipeline/planning.ts';
import type { ErrorCode } from '../shared/errors.ts';
import type { SubgraphSchema } from './composition/compose.ts';
import type { Budget, Interruption } from './interruptible.ts';

export type SupergraphSource =
  | ({ readonly kind: 'sdl'; readonly sdl: string } & SupergraphChecks)
  | ({ readonly kind: 'subgraphs'; readonly subgraphs: readonly SubgraphSchema[] } & SupergraphChecks)
  /** Already composed and checked by another worker: only for planning. */
  | { readonly kind: 'checked'; readonly sdl: string };

/** Options for checking whether a supergraph may be served. */
interface SupergraphChecks {
  /** Directives that the configuration accepts although nothing enforces them. Default: none. */
  readonly allowUnenforced?: readonly string[];
  /** Whether ApolloGateway must load it, too. Default: false. */
  readonly loadsApolloGateway?: boolean;
}

/** The answer to `describe`: SDL. */
export interface GraphDescription {
  /** The API schema. */
  readonly apiSdl: string;
  readonly supergraphSdl: string;
}

/** The answer to `clientSchema`. */
export interface ClientSchema {
  readonly sdl: string;
}

/** `@rateLimit` of a field. */
export interface RateLimit {
  /** Type.field */
  readonly coordinate: string;
  /** Selections in each window, from 1 to 4,294,967,295. */
  readonly limit: number;
  /** A duration as in gateway.yaml, such as `1m`. */
  readonly window: string;
  /** As in gateway.yaml. Null: the default. */
  readonly key: readonly string[] | null;
}

/** Describes a loaded supergraph. */
export interface LoadedGraph {
  readonly subgraphs: ReadonlyArray<{ readonly name: string; readonly url: string }>;
  /** Of `@override(label:)`. */
  readonly labels: readonly string[];
  readonly rateLimits: readonly RateLimit[];
  /** Of the supergraph's text, SHA-256 in hex. */
  readonly hash: string;
}

/** The answer to `load`. */
export interface LoadedSdl extends LoadedGraph {
  /** The supergraph. */
  readonly sdl: string;
}

export type WorkerTask = { readonly kind: 'load'; readonly source: SupergraphSource } | PlannerTask;

/** The tasks of a planner with a loaded supergraph. */
export type PlannerTask =
  | { readonly kind: 'describe' }
  | { readonly kind: 'prepare'; readonly request: PreparationRequest }
  | {
      readonly kind: 'introspect';
      readonly document: string;
      readonly variables: ReadonlyArray<readonly [name: string, value: unknown]>;
      /** Null: the whole graph. */
      readonly contract: Contract | null;
    }
  /** Answered with a `ClientSchema`; fails with `CONTRACT_INVALID` where the contract does not hold for the graph. */
  | { readonly kind: 'clientSchema'; readonly contract: Contract }
  /** Answered with null; fails as `clientSchema` does. */
  | { readonly kind: 'checkContract'; readonly contract: Contract };

export interface WorkerRequest {
  readonly id: number;
  readonly task: WorkerTask;
  /** Limits after which it is interrupted. Null: the caller terminates the worker instead. */
  readonly budget: Budget | null;
}

export type WorkerReply = {
  readonly id: number;
  /** Processor time that it used. */
  readonly cpuMs: number;
  /** The worker was interrupted at least once, which may leave the planner's internal caches inconsistent. */
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
