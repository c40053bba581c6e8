/**
 * What passes from stage to stage of a request. Each type is made by the function beside it alone, which takes the type
 * of the stage before: stages in another order, or one that is left out, do not compile.
 */

import type { IncomingMessage } from 'node:http';

import type { Answer, CoercedVariables } from './answer.ts';
import type { Decisions } from './authorization.ts';
import type { Client } from './client.ts';
import type { AuthenticatedRequest, RequestContext, RequestHead } from './request.ts';

declare const stage: unique symbol;

/** No literal has it: the makers below assert it. */
interface Made<Name extends string> {
  readonly [stage]: Name;
}

/** A GraphQL request, its shape checked. */
export interface OperationRequest {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  /** What the client says beside the operation. */
  readonly extensions: Readonly<Record<string, unknown>> | null;
}

export type MediaType = 'application/graphql-response+json' | 'application/json';

/** A request as the front of its transport translated it. Nothing of its body has been looked at. */
export interface Arrival {
  readonly head: RequestHead;
  /** What credentials are taken from, and whose headers they are. */
  readonly http: Pick<IncomingMessage, 'headers' | 'rawHeaders' | 'socket'>;
  /** Of the answer. Null: the client accepts none that there is. */
  readonly mediaType: MediaType | null;
  /** Null: it has none. */
  readonly body: Buffer | null;
  /** The client that the path of its URL names. Null: none. */
  readonly clientInPath: string | null;
  /** It came by a method that must change nothing. */
  readonly queryOnly: boolean;
  /** @throws {GatewayError} `BAD_REQUEST` and whatever else is wrong with its form. */
  readonly read: () => OperationRequest;
}

export interface Arrived extends Arrival, Made<'arrived'> {}

export function arrived(arrival: Arrival): Arrived {
  return arrival as Arrived;
}

/** What it may be answered with, and the network it is from. */
export interface Identified extends Made<'identified'> {
  readonly arrived: Arrived;
  /** Of the answer. */
  readonly mediaType: MediaType;
  /** Of the client: its IPv4 address or its IPv6 network. Worked out when it is asked for. */
  readonly network: () => string;
}

export function identified(from: Arrived, mediaType: MediaType, network: () => string): Identified {
  return { arrived: from, mediaType, network } as Identified;
}

/** Its credentials hold, or it has none and may do without. */
export interface Authenticated extends Made<'authenticated'> {
  readonly arrived: Arrived;
  readonly network: () => string;
  readonly mediaType: MediaType;
  readonly request: AuthenticatedRequest;
}

export function authenticated(
  { arrived: from, mediaType, network }: Identified,
  request: AuthenticatedRequest,
): Authenticated {
  return { arrived: from, network, mediaType, request } as Authenticated;
}

/** It is known which client application sent it. */
export interface Recognized extends Made<'recognized'> {
  readonly arrived: Arrived;
  readonly network: () => string;
  readonly mediaType: MediaType;
  readonly context: RequestContext;
}

export function recognized(
  { arrived: from, mediaType, network, request }: Authenticated,
  client: Client,
): Recognized {
  // A copy would cost every request: the object was made for this one.
  const context = Object.assign(request, { client });
  return { arrived: from, network, mediaType, context } as Recognized;
}

/** Gives identical requests in flight one answer. */
export type Share = (from: Recognized, answerAlone: () => Promise<Answered>) => Promise<Answered>;

/** Bounds the requests that are executed at once. */
export interface Admission {
  /**
   * @param mayChangeData Asked only when there is too much to do: what changes data is refused last.
   * @returns undefined where the request may go on at once. Either way `leave` is called when it is done.
   * @throws {GatewayError} `OVERLOADED`: then `leave` is not called.
   */
  enter(mayChangeData: () => boolean): Promise<void> | undefined;
  leave(): void;
  readonly aside: Aside;
}

/** Leaves the request's place among those that are executed to others while it waits for something else. */
export type Aside = <Result>(wait: Promise<Result>) => Promise<Result>;

/** It has a place among the requests that are executed, until the last part of its answer. */
export interface Admitted extends Made<'admitted'> {
  readonly recognized: Recognized;
  readonly aside: Aside;
}

export function admitted(from: Recognized, aside: Aside): Admitted {
  return { recognized: from, aside } as Admitted;
}

/** It is a GraphQL request. */
export interface Read extends Made<'read'> {
  readonly context: RequestContext;
  readonly network: () => string;
  /** Its headers as they came. */
  readonly http: Arrival['http'];
  readonly mediaType: MediaType;
  readonly aside: Aside;
  readonly queryOnly: boolean;
  /** Of its body, in bytes. */
  readonly bodyBytes: number;
  readonly request: OperationRequest;
}

/** @throws {GatewayError} What is wrong with the form of the request. */
export function read({ recognized: from, aside }: Admitted): Read {
  const { context, network, mediaType } = from;
  const { http, queryOnly, body } = from.arrived;
  const request = from.arrived.read();
  const bodyBytes = body?.length ?? 0;
  return { context, network, http, mediaType, aside, queryOnly, bodyBytes, request } as Read;
}

/** Its operation is valid and planned, and its variables fit. `Executable` is the executor's own. */
export interface Prepared<Executable> extends Made<'prepared'> {
  readonly read: Read;
  readonly context: RequestContext;
  readonly operation: Executable;
  readonly variables: CoercedVariables;
}

export function prepared<Executable>(
  from: Read,
  operation: Executable,
  variables: CoercedVariables,
): Prepared<Executable> {
  return { read: from, context: from.context, operation, variables } as Prepared<Executable>;
}

/** What of it its principal may see is decided, as far as it can be before there is data. */
export interface Authorized<Executable> extends Made<'authorized'> {
  readonly prepared: Prepared<Executable>;
  /** Without what was denied, where that is decided by now. */
  readonly operation: Executable;
  /** Null: nothing is guarded. */
  readonly decisions: Decisions | null;
}

export function authorized<Executable>(
  from: Prepared<Executable>,
  operation: Executable,
  decisions: Decisions | null,
): Authorized<Executable> {
  return { prepared: from, operation, decisions } as Authorized<Executable>;
}

/** What execution gave, in one part or in several. */
export interface Executed extends Made<'executed'> {
  readonly context: RequestContext;
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** The operation's name. */
  readonly name: string | null;
  readonly keep: Keep;
  readonly answer: Answer;
  /** Parts after `answer`. Null: there are none. */
  readonly later: AsyncIterableIterator<Answer> | null;
}

export type Execution = Pick<Executed, 'kind' | 'name' | 'keep' | 'answer' | 'later'>;

export function executed<Executable>(from: Authorized<Executable>, execution: Execution): Executed {
  const { kind, name, keep, answer, later } = execution;
  return { context: from.prepared.context, kind, name, keep, answer, later } as Executed;
}

/** Who may keep an answer, as far as its operation goes: nobody, only its own client, or whoever services allow it. */
export type Keep = 'nobody' | 'client' | 'allowed';

/** Values are lines: a header may have several. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[]>>;

/** An answer or a refusal that is ready to be sent. */
export interface Answered {
  readonly status: number;
  readonly mediaType: MediaType;
  readonly headers: AnswerHeaders;
  /** JSON. */
  readonly text: string;
  /** Parts after `text`. Null: there are none. */
  readonly later: AsyncIterableIterator<string> | null;
  /** Null: it was refused before its client was recognized. */
  readonly client: Client | null;
  readonly operationName: string | null;
  readonly operationKind: string | null;
  /** Errors in it. */
  readonly errors: number;
  /** Of the first error. */
  readonly code: string | null;
}
