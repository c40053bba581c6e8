/** One state of a repository as a check compares it with another: plain data, which goes to the thread that checks. */

import type { ContractConfig } from '../../config/client/client-file.ts';
import type { SubgraphSchema } from '../../preparation/composition/compose.ts';
import type { ClientOperation } from '../report.ts';

export interface StateSubgraph extends SubgraphSchema {
  /** Null: not said. */
  readonly owner: string | null;
}

export type StateGraph =
  | { readonly kind: 'subgraphs'; readonly file: string; readonly subgraphs: readonly StateSubgraph[] }
  /** Composed elsewhere. */
  | { readonly kind: 'supergraph'; readonly file: string; readonly sdl: string };

export interface StateClient {
  readonly name: string;
  readonly owner: string;
  readonly contract: ContractConfig;
  /** Relative to the root of the repository. */
  readonly file: string;
}

/** What is not as it should be in a file, so that it was left out. */
export interface StateProblem {
  readonly file: string;
  /** Null: it is of no client. */
  readonly client: string | null;
  readonly message: string;
}

export interface SchemaState {
  readonly label: string;
  readonly graph: StateGraph;
  /** By name. Empty: no clients are configured, and all see the whole graph. */
  readonly clients: readonly StateClient[];
  readonly operations: readonly ClientOperation[];
  readonly problems: readonly StateProblem[];
}

/** Who sends operations where no clients are configured. */
export const anyClient = 'any';
