/**
 * How long a call may take: the service's timeout, and never longer than the request has left. A part of that is kept
 * back at each hop, so that what came too late below can still be told above.
 */

import type { Clock } from '../shared/clock.ts';
import type { Call } from './call.ts';
import { deadlinePassed } from './refusals.ts';

export interface DeadlineOptions {
  readonly service: string;
  readonly timeoutMs: number;
  /** Of what the request has left. */
  readonly reservePercent: number;
  readonly clock: Clock;
}

export function withDeadline<Request, Answer>(
  next: Call<Request, Answer>,
  { service, timeoutMs, reservePercent, clock }: DeadlineOptions,
): Call<Request, Answer> {
  const share = 1 - reservePercent / 100;
  return (request, call) => {
    if (call.cancellation.reason) return Promise.reject(call.cancellation.reason);
    const nowMs = clock();
    const leftMs = (call.deadlineAtMs - nowMs) * share;
    // Timers know whole milliseconds: with less than one there is no time.
    if (leftMs < 1) return Promise.reject(deadlinePassed(service));
    call.endsAtMs = nowMs + Math.min(timeoutMs, leftMs);
    call.deadlineAtMs = call.endsAtMs;
    return next(request, call);
  };
}
