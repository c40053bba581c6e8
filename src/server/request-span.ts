/** What the span of a request says at its end. */

import type { Answered } from '../pipeline/stages.ts';
import { errorCodes, isErrorCode } from '../shared/errors.ts';
import type { RecordedSpan } from '../shared/trace.ts';

/**
 * An answer with status 200 may have errors: the span has failed where one of them is no fault of the client.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/graphql/graphql-spans/
 */
export function endRequestSpan(span: RecordedSpan, answered: Answered): void {
  const { status, client, operationName, operationKind, errorCounts } = answered;
  span.set('http.response.status_code', status);
  if (operationName !== null) span.set('graphql.operation.name', operationName);
  if (operationKind !== null) span.set('graphql.operation.type', operationKind);
  if (client?.name) span.set('tributary.client.name', client.name);
  if (client?.version) span.set('tributary.client.version', client.version);
  let errors = 0;
  for (const { count } of errorCounts) errors += count;
  if (errors > 0) span.set('tributary.errors', errors);
  const failure = errorCounts.find(({ code }) => isFailure(code)) ?? (status >= 500 ? errorCounts[0] : null);
  if (failure) span.fail(failure.code);
  else if (errorCounts[0]) span.set('error.type', errorCounts[0].code);
  span.end();
}

function isFailure(code: string): boolean {
  return isErrorCode(code) && errorCodes[code].httpStatus >= 500;
}
