/**
 * Another try after a failure: of queries, and of mutations only where nothing was sent or the service agreed to a key.
 * The waits grow and are random as a whole, the tries come out of one budget, and none begins that could not end in time.
 */

import type { Clock } from '../shared/clock.ts';
import { nextTry, type Call, type CallContext } from './call.ts';
import { CallFailure, outcomeOf, type Outcome } from './outcome.ts';
import type { RetryBudget } from './retry-budget.ts';

export interface RetryOptions {
  /** Tries besides the first. 0: none. */
  readonly max: number;
  /** The first wait is random between 0 and this; the bound is doubled each time. */
  readonly baseMs: number;
  readonly waitMaxMs: number;
  /** One try; the deadline of the call may be sooner. 0: as long as the call. */
  readonly attemptTimeoutMs: number;
}

export interface Retry {
  /** 1 for the second try. */
  readonly attempt: number;
  readonly outcome: Outcome;
  readonly delayMs: number;
}

export interface RetryParts {
  readonly budget: RetryBudget;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onRetry: (call: CallContext, retry: Retry) => void;
}

export function withRetries<Request, Answer>(
  next: Call<Request, Answer>,
  options: RetryOptions,
  parts: RetryParts,
): Call<Request, Answer> {
  const { budget, clock, random, onRetry } = parts;

  function attempt(request: Request, call: CallContext): Promise<Answer> {
    if (options.attemptTimeoutMs > 0) {
      call.deadlineAtMs = Math.min(call.endsAtMs, clock() + options.attemptTimeoutMs);
    }
    return next(request, call).then(undefined, (error: unknown) => {
      const delayMs = delayOf(error, call);
      if (delayMs === undefined) throw error;
      const retry = nextTry(call);
      retry.deadlineAtMs = retry.endsAtMs;
      onRetry(call, { attempt: retry.attempt, outcome: outcomeOf(error), delayMs });
      return pause(delayMs, call).then(() => attempt(request, retry));
    });
  }

  /** How long to wait before the next try; undefined: there is none. */
  function delayOf(error: unknown, call: CallContext): number | undefined {
    if (call.attempt >= options.max || call.cancellation.reason) return undefined;
    if (!isWorthRetrying(error) || !mayRepeat(error, call)) return undefined;
    const bound = Math.min(options.waitMaxMs, options.baseMs * 2 ** call.attempt);
    const asked = error instanceof CallFailure ? (error.retryAfterMs ?? 0) : 0;
    const delayMs = asked + random() * bound;
    const nowMs = clock();
    if (nowMs + delayMs >= call.endsAtMs) return undefined;
    return budget.take(nowMs) ? delayMs : undefined;
  }

  return (request, call) => {
    budget.count(clock());
    return attempt(request, call);
  };
}

const retried: ReadonlySet<Outcome> = new Set<Outcome>([
  'connect',
  'timeout',
  'server-error',
  'bad-response',
  'busy',
]);

/** `too-large` would be as large again; `refused` is a policy's own word. */
function isWorthRetrying(error: unknown): boolean {
  if (error instanceof CallFailure && error.retryAfterMs !== undefined) return error.outcome !== 'refused';
  return retried.has(outcomeOf(error));
}

function mayRepeat(error: unknown, { kind, idempotencyKey }: CallContext): boolean {
  if (kind === 'query' || idempotencyKey !== null) return true;
  return error instanceof CallFailure && error.nothingSent;
}

/** Rejects as soon as the call is cancelled. */
function pause(delayMs: number, { cancellation }: CallContext): Promise<void> {
  return new Promise((resolve, reject) => {
    const onCancel = (reason: Error): void => {
      clearTimeout(timer);
      reject(reason);
    };
    const timer = setTimeout(() => {
      cancellation.off(onCancel);
      resolve();
    }, delayMs);
    cancellation.on(onCancel);
  });
}
