/** Logs operations that take long, with their plan and their calls. */

import { hash } from 'node:crypto';

import type { Logger } from 'pino';

import { monotonicClock } from '../../shared/clock.ts';
import type { Events, GatewayEvents } from '../../shared/events.ts';
import type { PlanOutline } from '../../shared/operation-events.ts';
import { whileEnabled } from './levels.ts';
import { LineBudget } from './line-budget.ts';
import { planShape } from './plan-shape.ts';
import { errorsOf } from './request-line.ts';

const linesPerSecondMax = 10;
/** Of one request. */
const callsMax = 20;

interface EndedCall {
  readonly service: string;
  readonly attempt: number;
  readonly endedAtMs: number;
  readonly durationMs: number;
  readonly outcome: string;
}

/** One operation of one request, kept as long as the request. */
interface Operation {
  readonly document: string;
  readonly plan: PlanOutline | null;
  readonly preparedAtMs: number;
  readonly calls: EndedCall[];
  callCount: number;
}

const operationKey = Symbol('operation that may be slow');

/**
 * @param thresholdMs 0: none is slow.
 * @returns What is not logged yet.
 */
export function logSlowOperations(events: Events, logger: Logger, thresholdMs: number): LineBudget {
  const budget = new LineBudget(linesPerSecondMax, ({ lines }) =>
    logger.warn({ lines }, 'lines of slow operations left out'),
  );
  if (thresholdMs === 0) return budget;
  whileEnabled(logger, 'warn', () => [
    events.on('operationPrepared', ({ locals, document, operation: { plan } }) => {
      const preparedAtMs = monotonicClock();
      locals.set(operationKey, { document, plan, preparedAtMs, calls: [], callCount: 0 } satisfies Operation);
    }),
    events.on('callEnded', ({ locals, service, attempt, durationMs, outcome }) => {
      const operation = locals.get(operationKey) as Operation | undefined;
      if (!operation) return;
      operation.callCount += 1;
      if (operation.calls.length < callsMax)
        operation.calls.push({ service, attempt, endedAtMs: monotonicClock(), durationMs, outcome });
    }),
    events.on('requestEnded', (event) => {
      if (event.durationMs >= thresholdMs && budget.take('')) logger.warn(lineOf(event), 'slow operation');
    }),
  ]);
  return budget;
}

function lineOf(event: GatewayEvents['requestEnded']): Record<string, unknown> {
  const { requestId, traceId, httpStatus, durationMs, client, clientVersion, operationName, operationKind } =
    event;
  const line = {
    requestId,
    ...(traceId === null ? {} : { traceId }),
    status: httpStatus,
    durationMs: rounded(durationMs),
    client,
    clientVersion,
    operationName,
    operationKind,
    errors: errorsOf(event),
  };
  const operation = event.locals?.get(operationKey) as Operation | undefined;
  // It was slow before its operation was known: it waited for its turn, or for the planner.
  if (!operation) return line;
  const startedAtMs = monotonicClock() - durationMs;
  return {
    ...line,
    operationHash: hash('sha256', operation.document, 'hex'),
    preparedAfterMs: rounded(operation.preparedAtMs - startedAtMs),
    plan: planShape(operation.plan),
    callCount: operation.callCount,
    calls: operation.calls.map(({ service, attempt, endedAtMs, durationMs: callMs, outcome }) => ({
      service,
      attempt,
      startMs: rounded(endedAtMs - callMs - startedAtMs),
      durationMs: rounded(callMs),
      outcome,
    })),
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
