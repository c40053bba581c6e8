/**
 * How a call ended, as policies see it. Transports say so when they make the error; nobody guesses from messages.
 */

import { GatewayError, isGatewayError, type ErrorCode, type GatewayErrorDetails } from '../shared/errors.ts';

/** What breakers count as failures of the service. */
export type FailureKind =
  /** No connection: refused, reset before the answer, name not found, TLS, or connecting took too long. */
  | 'connect'
  /** Connected, but no whole answer in time. */
  | 'timeout'
  /** A status from 500, or what a protocol has for it. */
  | 'server-error'
  /** Not HTTP, not JSON, cut off, a redirect, an encoding nobody asked for. */
  | 'bad-response'
  /** More bytes than allowed. */
  | 'too-large';

export type Outcome =
  | FailureKind
  /** An answer: also one with GraphQL errors, and a status of 400 to 499, but 429. */
  | 'answered'
  /** A status of 429, or RESOURCE_EXHAUSTED of gRPC: no failure, but there is too much to do. */
  | 'busy'
  /** The client left, the request's deadline passed, or another try was faster: says nothing of the service. */
  | 'cancelled'
  /** Given up by us: an open breaker, a full queue, a limit of ours or a defect of ours. Most were never sent. */
  | 'refused';

const failureKinds: ReadonlySet<Outcome> = new Set<FailureKind>([
  'connect',
  'timeout',
  'server-error',
  'bad-response',
  'too-large',
]);

export function isFailure(outcome: Outcome): outcome is FailureKind {
  return failureKinds.has(outcome);
}

export interface CallFailureDetails extends GatewayErrorDetails {
  readonly outcome: Outcome;
  /** Not one byte of the request left this process: even a mutation may be tried again. Default false. */
  readonly nothingSent?: boolean;
  /** What the service asked for (`Retry-After`), from now. */
  readonly retryAfterMs?: number;
}

/** What a call rejects with: for clients a `GatewayError`, for policies its outcome. */
export class CallFailure extends GatewayError {
  readonly outcome: Outcome;
  readonly nothingSent: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, details: CallFailureDetails) {
    const { nothingSent = false, outcome } = details;
    super(code, message, {
      notExecuted: nothingSent || outcome === 'busy',
      // It would be as large again.
      ...(outcome === 'too-large' ? { retryable: false } : {}),
      ...details,
    });
    this.outcome = details.outcome;
    this.nothingSent = nothingSent;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Of whatever a call rejected with. What is not a `CallFailure` is judged by its code; a defect says nothing. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof CallFailure) return error.outcome;
  if (!isGatewayError(error)) return 'refused';
  switch (error.code) {
    case 'SERVICE_UNAVAILABLE':
      return 'server-error';
    case 'SERVICE_TIMEOUT':
      return 'timeout';
    case 'SERVICE_BAD_RESPONSE':
      return 'bad-response';
    case 'SERVICE_ERROR':
      return 'answered';
    case 'CANCELLED':
      return 'cancelled';
    default:
      return 'refused';
  }
}
