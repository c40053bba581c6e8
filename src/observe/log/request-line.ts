/** The line of one request: the access log. */

import { cutText } from '../../shared/cut-text.ts';
import { isCodeName } from '../../shared/errors.ts';
import type { ErrorCount } from '../../shared/event-spans.ts';
import type { GatewayEvents } from '../../shared/events.ts';

type RequestEnded = GatewayEvents['requestEnded'];

/** Services choose codes, so there may be one per error. */
const errorCountsMax = 10;
const codeCharsMax = 100;

export function requestLine(event: RequestEnded, isRedacted: boolean): Record<string, unknown> {
  const { requestId, traceId, method, route, httpStatus, durationMs } = event;
  const { client, clientVersion, operationName, operationKind } = event;
  const counts = event.errorCounts.slice(0, errorCountsMax).map((one) => loggable(one, isRedacted));
  return {
    requestId,
    ...(traceId === null ? {} : { traceId }),
    method,
    route,
    status: httpStatus,
    durationMs: Math.round(durationMs * 1000) / 1000,
    client,
    clientVersion,
    operationName,
    operationKind,
    errors: errorsOf(event),
    code: counts[0]?.code ?? null,
    ...(counts.length > 0 ? { errorCounts: counts } : {}),
  };
}

export function errorsOf({ errorCounts }: RequestEnded): number {
  let errors = 0;
  for (const { count } of errorCounts) errors += count;
  return errors;
}

/** Nothing was executed. */
export function isRefused({ operationKind }: RequestEnded): boolean {
  return operationKind === null;
}

function loggable({ code, service, count }: ErrorCount, isRedacted: boolean): ErrorCount {
  return { code: loggableCode(code, isRedacted), service, count };
}

/** A code may be a text of a service. */
export function loggableCode(code: string, isRedacted: boolean): string {
  return isRedacted && !isCodeName(code) ? 'SERVICE_ERROR' : cutText(code, codeCharsMax);
}
