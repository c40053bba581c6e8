/** What the executor knows of a subgraph: one function, whatever protocol is behind it. Types only. */

import type { NumberPaths } from '../pipeline/prepared.ts';
import type { RequestContext } from '../pipeline/request.ts';
import type { ClientHeaders } from './headers/answer-header-rules.ts';

/** The part of a subgraph call that is the same for every request: made once per prepared operation. */
export interface SubgraphOperation {
  readonly service: string;
  readonly kind: 'query' | 'mutation';
  readonly name: string | undefined;
  /** GraphQL text. */
  readonly query: string;
  /** As it was planned, where only its name is another: the name of the client's operation. Absent: it is itself. */
  readonly planned?: SubgraphOperation;
  /** See `FetchNode`. */
  readonly numbers?: NumberPaths;
  /** Of a fetch of entities that may share a call with others. Absent: it has a call of its own. */
  readonly joinable?: JoinableOperation;
}

/** Parts of the text of a fetch of entities. */
export interface JoinableOperation {
  /** In all fetches of an execution, a variable of one name has one definition and one value. */
  readonly variables: ReadonlyArray<{ readonly name: string; readonly definition: string }>;
  /** What it selects of the entities, with its braces. */
  readonly selections: string;
}

export interface SubgraphRequest {
  readonly operation: SubgraphOperation;
  /** JSON text of the variables object, at least `{}`. */
  readonly variablesJson: string;
  /** JSON text of the whole GraphQL-over-HTTP body; contains `variablesJson`. */
  readonly body: string;
  readonly context: RequestContext;
  /** Only with a joinable operation. */
  readonly joinable?: JoinableRequest;
}

export interface JoinableRequest {
  /** The same object for all fetches of one execution; nothing is read from it. */
  readonly execution: object;
  /** For each variable of the operation, its member of the variables object, as JSON text; empty: it has no value. */
  readonly members: readonly string[];
  /** JSON text of a list. */
  readonly representations: string;
}

/** Path segments inside the subgraph's own response. */
export interface SubgraphError {
  readonly message: string;
  readonly path?: ReadonlyArray<string | number>;
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** What went wrong underneath, in an in-process subgraph. Logged, never sent; not enumerable. */
  readonly cause?: unknown;
}

/** A GraphQL response; the caller owns `data` and may change it, unless it is `shared`. */
export interface SubgraphResponse {
  /** Others hold the same `data`: copy before changing anything. */
  readonly shared?: boolean;
  /** It is an earlier answer, because the service gave none now. */
  readonly stale?: { readonly ageMs: number };
  /** Of an answer over HTTP, where it is a failure of the service although it is a GraphQL response. */
  readonly status?: number;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly SubgraphError[];
  /** Of the answer, for the client: what the service's rules let through; see `answer-header-rules.ts`. */
  readonly clientHeaders?: ClientHeaders;
}

/** JSON values that stand in for fields of a service that is out, by coordinate: `Product.rating`. */
export type Fallbacks = Readonly<Record<string, unknown>>;

export interface Subgraph {
  readonly fallbacks?: Fallbacks;
  /**
   * Runs one operation.
   *
   * @throws {GatewayError} `SERVICE_UNAVAILABLE` when it could not be reached, `SERVICE_TIMEOUT` past its timeout or
   *   the request's deadline, `SERVICE_BAD_RESPONSE` when the answer is not a GraphQL response, `CANCELLED`.
   */
  fetch(request: SubgraphRequest): Promise<SubgraphResponse>;
  close(): Promise<void>;
}
