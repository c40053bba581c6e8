/** Turns whatever a stage throws into the answer that refuses the request. */

import type { RequestStages } from '../gateway.ts';
import { errorIdsOf } from '../response/graphql-errors.ts';
import { jsonMediaType, toHttpRefusal } from '../response/http.ts';
import { isGatewayError, type GatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import type { AnswerLabels } from './answer-headers.ts';

export function refusals(labels: AnswerLabels, events: Events): RequestStages['refuse'] {
  return ({ head, http: { headers }, mediaType }, error, client) => {
    const { requestId } = head;
    events.emit('requestRefused', { requestId, error });
    const [code, count] = isGatewayError(error) ? [error.code, error.errors.length] : ['INTERNAL_ERROR', 1];
    const answer = {
      ...toHttpRefusal(error, errorIdsOf(head), mediaType ?? jsonMediaType),
      later: null,
      client,
      operationName: null,
      operationKind: null,
      keep: 'nobody' as const,
      errorCounts: [{ code, service: null, count }],
      headers: refusalHeaders(error),
    };
    return labels.refused({ head, headers }, answer);
  };
}

/** That a status needs. */
export function refusalHeaders(error: unknown): Record<string, string> {
  if (!isGatewayError(error)) return {};
  if (error.code === 'METHOD_NOT_ALLOWED') return { allow: 'POST' };
  if (error.code === 'UNAUTHENTICATED') return { 'www-authenticate': challenge(error) };
  const { retryAfter } = error.public;
  return typeof retryAfter === 'number' ? { 'retry-after': String(retryAfter) } : {};
}

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
function challenge({ credentialsMissing, cause }: GatewayError): string {
  // RFC 6750: a request without credentials gets a challenge without an error code.
  return credentialsMissing || cause === undefined
    ? 'Bearer realm="graphql"'
    : 'Bearer realm="graphql", error="invalid_token"';
}
