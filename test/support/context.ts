/** A client's request as the stages after the HTTP edge see it, for tests that start there. */

import { anyClient } from '../../src/pipeline/client.ts';
import { anonymous } from '../../src/pipeline/principal.ts';
import type { RequestContext } from '../../src/pipeline/request.ts';
import { Cancellation } from '../../src/shared/cancellation.ts';
import { monotonicClock } from '../../src/shared/clock.ts';
import { untraced } from '../../src/shared/trace.ts';

export interface ContextOptions extends Partial<Omit<RequestContext, 'deadlineAtMs'>> {
  /** From now. Default 10 000. */
  readonly deadlineInMs?: number;
}

let requests = 0;

export function requestContext(options: ContextOptions = {}): RequestContext {
  requests += 1;
  const { deadlineInMs = 10_000, ...given } = options;
  return {
    client: anyClient,
    principal: anonymous,
    requestId: `request-${requests}`,
    clientAddress: '127.0.0.1',
    headers: {},
    forwardHeaders: {},
    deadlineAtMs: monotonicClock() + deadlineInMs,
    cancellation: new Cancellation(),
    trace: untraced,
    locals: new Map(),
    ...given,
  };
}
