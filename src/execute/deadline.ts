/** Cancels the pending calls of a request at its deadline, so that the answer contains the data received so far. */

import type { RequestContext } from '../pipeline/request.ts';
import { monotonicClock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';

/** @returns Stops the timer: call it when the request is done. */
export function startDeadline({ cancellation, deadlineAtMs }: RequestContext): () => void {
  // The deadline may have passed while the request was queued.
  const leftMs = Math.max(0, deadlineAtMs - monotonicClock());
  const timer = setTimeout(() => {
    cancellation.cancel(new GatewayError('SERVICE_TIMEOUT', 'The deadline of the request has passed'));
  }, leftMs);
  return () => clearTimeout(timer);
}
