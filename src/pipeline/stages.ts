/**
 * What passes from stage to stage of a request. Each type is made by the function beside it alone, which takes the type
 * of the stage before: stages in another order, or one that is left out, do not compile.
 */

import type { IncomingMessage } from 'node:http';

import type { ErrorCount } from '../shared/event-spans.ts';
import type { Answer, CoercedVariables } from './answer.ts';
import type { Decisions } from './authorization.ts';
import type { Client } from './client.ts';
import type { PreparedOperation } from './prepared.ts';
import type { ShapedDocument } from './shapes.ts';
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

export function identified(from: Arrived, mediaType: MediaType, networkOf: () => string): Identified {
  // Several stages ask for it, and some requests none.
  let network: string | undefined;
  return { arrived: from, mediaType, network: () => (network ??= networkOf()) } as Identified;
}

/**
 * The limits of one request, gate by gate. Each check returns undefined where nothing has to be waited for, and throws
 * or rejects with a `GatewayError`: `RATE_LIMITED`, `OVERLOADED`, `LIMITS_UNAVAILABLE`, `COST_ESTIMATED_TOO_EXPENSIVE`.
 */
export interface RequestLimits {
  /** Gate 1, before authentication: by network, or by the API key that is presented. */
  checkNetwork(): Promise<void> | undefined;
  /** Gate 2: by principal, client and tier. */
  checkCaller(recognized: Recognized): Promise<void> | undefined;
  /** Gate 3: by operation, cost and single fields. */
  checkOperation(prepared: Prepared<{ readonly prepared: PreparedOperation }>): Promise<void> | undefined;
  /** Asks the shared store what was put off, because what comes next costs more than the question. */
  checkDeferred(): Promise<void> | undefined;
  /** Corrects what was counted by an estimate, once the answer is known. @returns The answer, perhaps with its cost. */
  settle(prepared: Prepared<{ readonly prepared: PreparedOperation }>, answer: Answer): Answer;
  /** Call it once, with whatever is sent. @returns It, with the headers of the limits. */
  finish(answered: Answered): Answered;
}

/** Its network, or the API key that it presents, has not used up its limits. */
export interface NetworkLimited extends Made<'networkLimited'> {
  readonly arrived: Arrived;
  readonly mediaType: MediaType;
  readonly network: () => string;
  /** Null: nothing is limited. */
  readonly limits: RequestLimits | null;
}

export function networkLimited(from: Identified, limits: RequestLimits | null): NetworkLimited {
  // A copy would cost every request: the object was made for this one.
  return Object.assign(from, { limits }) as unknown as NetworkLimited;
}

/** Its credentials hold, or it has none and may do without. */
export interface Authenticated extends Made<'authenticated'> {
  readonly arrived: Arrived;
  readonly network: () => string;
  readonly limits: RequestLimits | null;
  readonly mediaType: MediaType;
  readonly request: AuthenticatedRequest;
}

export function authenticated(
  { arrived: from, mediaType, network, limits }: NetworkLimited,
  request: AuthenticatedRequest,
): Authenticated {
  return { arrived: from, network, limits, mediaType, request } as Authenticated;
}

/** It is known which client application sent it. */
export interface Recognized extends Made<'recognized'> {
  readonly arrived: Arrived;
  readonly network: () => string;
  readonly limits: RequestLimits | null;
  readonly mediaType: MediaType;
  readonly context: RequestContext;
}

export function recognized(
  { arrived: from, mediaType, network, limits, request }: Authenticated,
  client: Client,
): Recognized {
  // As in `networkLimited`.
  const context = Object.assign(request, { client });
  return { arrived: from, network, limits, mediaType, context } as Recognized;
}

/** Its principal and client have not used up their limits. */
export interface CallerLimited extends Made<'callerLimited'>, Omit<Recognized, typeof stage> {}

export function callerLimited(from: Recognized): CallerLimited {
  return from as unknown as CallerLimited;
}

/** Gives identical requests in flight one answer. */
export type Share = (from: CallerLimited, answerAlone: () => Promise<Answered>) => Promise<Answered>;

/** Bounds the requests that are executed at once. */
export interface Admission {
  /**
   * @param mayChangeData Asked only when there is too much to do: what changes data is refused last.
   * @returns undefined where the request may go on at once. Either way `leave` is called when it is done.
   * @throws {GatewayError} `OVERLOADED`, also at its deadline, and `CANCELLED`: then `leave` is not called.
   */
  enter(request: WaitingRequest, mayChangeData: () => boolean): Promise<void> | undefined;
  leave(): void;
  readonly aside: Aside;
}

/** How long a request waits, at most. */
export type WaitingRequest = Pick<RequestContext, 'deadlineAtMs' | 'cancellation'>;

/** Leaves the request's place among those that are executed to others while it waits for something else. */
export type Aside = <Result>(request: WaitingRequest, wait: Promise<Result>) => Promise<Result>;

/** It has a place among the requests that are executed, until the last part of its answer. */
export interface Admitted extends Made<'admitted'> {
  readonly callerLimited: CallerLimited;
  readonly aside: Aside;
}

export function admitted(from: CallerLimited, aside: Aside): Admitted {
  return { callerLimited: from, aside } as Admitted;
}

/** It is a GraphQL request. */
export interface Read extends Made<'read'> {
  readonly context: RequestContext;
  readonly network: () => string;
  readonly limits: RequestLimits | null;
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
export function read({ callerLimited: from, aside }: Admitted): Read {
  const { context, network, limits, mediaType } = from;
  const { http, queryOnly, body } = from.arrived;
  const request = from.arrived.read();
  const bodyBytes = body?.length ?? 0;
  return { context, network, limits, http, mediaType, aside, queryOnly, bodyBytes, request } as Read;
}

/** Its operation is valid and planned, and its variables fit. `Executable` is the executor's own. */
export interface Prepared<Executable> extends Made<'prepared'> {
  readonly read: Read;
  readonly context: RequestContext;
  readonly operation: Executable;
  /** Literals that are variables of the operation among them. */
  readonly variables: CoercedVariables;
  /** Of the operation, as the client named it. */
  readonly name: string | null;
  /** Null: the operation was prepared for this very document. */
  readonly document: ShapedDocument | null;
}

export function prepared<Executable extends { readonly prepared: PreparedOperation }>(
  from: Read,
  {
    operation,
    document = null,
  }: { readonly operation: Executable; readonly document?: ShapedDocument | null },
  variables: CoercedVariables,
): Prepared<Executable> {
  const { name } = document ?? operation.prepared;
  return { read: from, context: from.context, operation, variables, name, document } as Prepared<Executable>;
}

/** The operation, its cost and its fields are within their limits. */
export interface OperationLimited<Executable>
  extends Made<'operationLimited'>, Omit<Prepared<Executable>, typeof stage> {}

export function operationLimited<Executable>(from: Prepared<Executable>): OperationLimited<Executable> {
  return from as unknown as OperationLimited<Executable>;
}

/** What of it its principal may see is decided, as far as it can be before there is data. */
export interface Authorized<Executable> extends Made<'authorized'> {
  readonly prepared: OperationLimited<Executable>;
  /** Without what was denied, where that is decided by now. */
  readonly operation: Executable;
  /** Null: nothing is guarded. */
  readonly decisions: Decisions | null;
}

export function authorized<Executable>(
  from: OperationLimited<Executable>,
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

export type Execution = Pick<Executed, 'kind' | 'keep' | 'answer' | 'later'>;

export function executed<Executable>(from: Authorized<Executable>, execution: Execution): Executed {
  const { kind, keep, answer, later } = execution;
  const { context, name } = from.prepared;
  return { context, kind, name, keep, answer, later } as Executed;
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
  /** Its errors by code and service, as its client sees them, in the order of the first of each. */
  readonly errorCounts: readonly ErrorCount[];
}
