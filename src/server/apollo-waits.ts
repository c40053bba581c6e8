/** What the Apollo front does about plugins that take too long, or that log. */

import type { RequestContext } from '../pipeline/request.ts';
import { monotonicClock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';

/** How long plugins may take to stop, such as to report usage. */
const stopTimeoutMs = 5000;

export async function stopped(stopping: Promise<void>, events: Events): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => resolve('late'), stopTimeoutMs);
  const outcome = await Promise.race([stopping, late]).finally(() => clearTimeout(timer));
  if (outcome !== 'late') return;
  const error = new Error(`plugins did not stop within ${stopTimeoutMs} ms`);
  events.emit('defect', { where: 'apollo server', requestId: null, error });
}

/** The executor answers at the deadline, with what it has: plugins that wait for something have this much more. */
const pluginGraceMs = 1000;

/** A hook that never ends must not keep the request's place. */
export async function untilDeadline<Value>(
  { deadlineAtMs, cancellation }: RequestContext,
  answer: Promise<Value>,
): Promise<Value> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const end = (): void => {
    // A mutation may have been executed.
    const message = 'The deadline of the request has passed';
    const error = new GatewayError('SERVICE_TIMEOUT', message, { retryable: false });
    // If the hook ends after all, nothing is executed for a client that has its answer.
    cancellation.cancel(error);
    reject(error);
  };
  const timer = setTimeout(end, Math.max(0, deadlineAtMs - monotonicClock()) + pluginGraceMs);
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** Such as that usage cannot be reported. What ends a request is told with it. */
export function errorLogger(
  events: Events,
): Record<'debug' | 'info' | 'warn' | 'error', (message: unknown) => void> {
  const none = (): void => {};
  return {
    debug: none,
    info: none,
    warn: none,
    error(message) {
      if (String(message).startsWith('Unexpected error processing request')) return;
      const error = message instanceof Error ? message : new Error(String(message));
      events.emit('defect', { where: 'apollo server', requestId: null, error });
    },
  };
}
