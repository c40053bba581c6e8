/** The breaker of a service around its calls: refuses while it is open, before anything queues. */

import type { Clock } from '../shared/clock.ts';
import { type Breaker, noPermit } from './breaker.ts';
import { whenOver, type Call, type CallContext } from './call.ts';
import { breakerOpen } from './refusals.ts';

export interface BreakerGateParts {
  readonly service: string;
  readonly clock: Clock;
  readonly onRefused: () => void;
}

export function withBreaker<Request, Answer>(
  next: Call<Request, Answer>,
  breaker: Breaker,
  { service, clock, onRefused }: BreakerGateParts,
): Call<Request, Answer> {
  return (request, call) => {
    const nowMs = clock();
    const permit = breaker.enter(nowMs);
    if (permit === noPermit) {
      onRefused();
      return Promise.reject(breakerOpen(service, breaker.retryAfterSeconds(nowMs)));
    }
    const answer = next(request, call);
    const settle = (): void => leaveBreaker(breaker, permit, call);
    answer.then(settle, settle);
    return answer;
  };
}

/** Tells the breaker how a call ended. */
export function leaveBreaker(breaker: Breaker, permit: number, call: CallContext): void {
  // From when it was sent: waiting in our own queue says nothing of the service.
  const leave = (): void => breaker.leave(permit, call);
  // A stream that breaks in the middle is a failure. As a probe its first message is enough: others wait for the word.
  if (breaker.state === 'closed') whenOver(call, leave);
  else leave();
}
