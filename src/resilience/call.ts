/**
 * One call of a service, whatever protocol is behind it: the function type that every policy wraps, and what a policy
 * may know of a call. Types, and how a call begins.
 *
 *     in-flight sharing -> deadline -> retry and hedge -> service breaker -> limit and queue
 *       -> replica choice -> replica breaker -> transport
 */

import type { RequestContext } from '../pipeline/request.ts';
import type { Cancellation } from '../shared/cancellation.ts';
import type { RecordedSpan } from '../shared/trace.ts';
import type { Endpoint } from './endpoints.ts';
import type { Outcome } from './outcome.ts';

/**
 * Sends one request. `Request` and `Answer` belong to the transport: policies pass them on unread.
 *
 * Rejects with a `CallFailure` (`outcome.ts`), from which policies learn what happened; never throws.
 */
export type Call<Request, Answer> = (request: Request, context: CallContext) => Promise<Answer>;

/** A query may be sent twice and given up; a mutation must not be sent twice unless the service agreed to a key. */
export type CallKind = 'query' | 'mutation';

/** One try of one call. Each try has an object of its own, so policies write what they decide and see into it. */
export interface CallContext {
  /** The client's request: headers and id. Its deadline and cancellation are not this call's. */
  readonly request: RequestContext;
  readonly kind: CallKind;
  /** Sent with every try of this call where the service declared that it understands one. */
  readonly idempotencyKey: string | null;
  /** When this try must have ended, in ms of `monotonicClock`; what is left of it is told to the service. */
  deadlineAtMs: number;
  /** When the call with all its tries must have ended. */
  endsAtMs: number;
  /** Ends this try: the client left, the deadline passed, or another try was faster. */
  readonly cancellation: Cancellation;
  /** 0 for the first try. */
  readonly attempt: number;
  /** Where to send it: written by the choice of a replica, just before the transport reads it. */
  endpoint: Endpoint | null;
  /** Where an earlier try of the same call went: another replica goes before it. */
  readonly avoid: Endpoint | null;
  /** Of this try, begun just before the transport gets it. Null: it is not recorded. */
  span: RecordedSpan | null;
  /** When the transport, or over HTTP a connection, got it and when it was done; `refused` while it was never sent. */
  sentAtMs: number;
  endedAtMs: number;
  outcome: Outcome;
  /**
   * Of a stream, whose first message is the answer of the call: how it ended, once it did; never rejects. Written by
   * the transport before it answers.
   */
  ending: Promise<Outcome> | null;
}

/** Runs `settle` when nothing of the call is under way any more: for a stream, at its end. */
export function whenOver(call: CallContext, settle: () => void): void {
  if (call.ending) void call.ending.then(settle);
  else settle();
}

/** The first try of a new call. An empty idempotency key is none: services take it for a change of its own each time. */
export function newCall(
  request: RequestContext,
  kind: CallKind,
  idempotencyKey: string | null = null,
): CallContext {
  const { deadlineAtMs, cancellation } = request;
  return {
    request,
    kind,
    idempotencyKey: idempotencyKey?.trim() === '' ? null : idempotencyKey,
    deadlineAtMs,
    endsAtMs: deadlineAtMs,
    cancellation,
    attempt: 0,
    endpoint: null,
    avoid: null,
    span: null,
    sentAtMs: 0,
    endedAtMs: 0,
    outcome: 'refused',
    ending: null,
  };
}

/** Another try of the same call; its cancellation is the call's unless it may lose against the others. */
export function nextTry(call: CallContext, cancellation: Cancellation = call.cancellation): CallContext {
  return {
    ...newCall(call.request, call.kind, call.idempotencyKey),
    deadlineAtMs: call.deadlineAtMs,
    endsAtMs: call.endsAtMs,
    cancellation,
    attempt: call.attempt + 1,
    avoid: call.endpoint,
  };
}
