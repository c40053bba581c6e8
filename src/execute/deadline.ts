/** Ends what a request still waits for when its time is over, so that it is answered with what is there. */

import type { RequestContext } from '../pipeline/request.ts';
import { monotonicClock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';

/** @returns Ends it: the request waits for nothing any more. */
export function startDeadline({ cancellation, deadlineAtMs }: RequestContext): () => void {
  // It may have passed while the request waited for its turn.
  const leftMs = Math.max(0, deadlineAtMs - monotonicClock());
  const timer = setTimeout(() => {
    cancellation.cancel(new GatewayError('SERVICE_TIMEOUT', 'The deadline of the request has passed'));
  }, leftMs);
  return () => clearTimeout(timer);
}
