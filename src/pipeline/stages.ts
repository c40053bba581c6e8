/** What passes from stage to stage: each adds to the one before, so that a stage left out does not compile. Types only. */

import type { Answer, CoercedVariables } from './answer.ts';
import type { RequestContext } from './request.ts';

/** A GraphQL request as it came, its shape checked. */
export interface OperationRequest {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  /** What the client says beside the operation. */
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

export interface Received {
  readonly context: RequestContext;
  readonly request: OperationRequest;
  /** It came by GET, which must change nothing. */
  readonly queryOnly: boolean;
  /** Of its body. Absent: it has none. */
  readonly bodyBytes?: number | undefined;
  /** Leaves its place among the requests that are executed to others while it waits. Absent: it has none. */
  readonly aside?: Aside | undefined;
}

export type Aside = <Result>(wait: Promise<Result>) => Promise<Result>;

/** Its operation is known, valid and planned. `Executable` is the executor's own. */
export interface Prepared<Executable> extends Received {
  readonly operation: Executable;
  readonly variables: CoercedVariables;
}

export interface Answered {
  readonly context: RequestContext;
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** The operation's name. */
  readonly name: string | null;
  readonly answer: Answer;
  readonly keep: Keep;
}

/** Who may keep an answer, as far as its operation goes: nobody, only its own client, or whoever services allow it. */
export type Keep = 'nobody' | 'client' | 'allowed';
