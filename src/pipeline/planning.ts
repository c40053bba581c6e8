/** The input of the planner, and how requests share its time. Types only. */

import type { Contract } from './contract.ts';

/** An operation to prepare, and what its plan depends on. */
export interface PreparationRequest {
  readonly query: string;
  /**
   * Present: `query` is a shape (`pipeline/shapes.ts`). These of its literals are no variables: by number, as GraphQL text.
   */
  readonly literals?: ReadonlyArray<readonly [number: number, text: string]>;
  readonly operationName: string | null;
  /** The true ones of the variables that an earlier result named as `conditional`. */
  readonly conditions?: readonly string[];
  /** Active labels of `@override`. Default: none. */
  readonly labels?: readonly string[];
  /** Numbers of denied checks, whose fields are not fetched. Default: none. */
  readonly denied?: readonly number[];
  /** The part of the graph that the client sees. Default: all of it. */
  readonly contract?: Contract;
}

/** Fair scheduling of the planner between clients. */
export interface Turn {
  /** Each client gets its share of the planner's time. Empty: the gateway itself. */
  readonly client: string;
  /** Ends the wait for the turn, not a preparation that has begun. */
  readonly signal?: AbortSignal;
}
