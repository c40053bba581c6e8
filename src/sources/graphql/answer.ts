/** Decides whether an HTTP answer is a GraphQL response, and which error it is when not. Pure. */

import type { NumberPaths } from '../../pipeline/prepared.ts';
import { isRecord } from '../../shared/records.ts';
import { badResponse, refused, unavailable } from '../failures.ts';
import { subgraphErrors } from './errors.ts';
import { outcomeOfStatus, unavailableStatuses } from '../http/status.ts';
import { type HttpResponse, parseJson } from '../http/transport.ts';
import { holdsNumber } from './number-places.ts';
import { retryAfterOf } from '../http/retry-after.ts';
import type { SubgraphResponse } from '../source.ts';

/**
 * A status from 500 makes an answer the failure of its service, whatever the body holds: proxies and frameworks send
 * JSON too. Only the media type that GraphQL alone has says that the body counts in spite of the status.
 *
 * @see https://graphql.github.io/graphql-over-http/draft/#sec-application-graphql-response-json
 * @throws {GatewayError} `SERVICE_BAD_RESPONSE`; `SERVICE_UNAVAILABLE` for 429, 502, 503 and 504; `SERVICE_ERROR` for
 *   other statuses from 400 to 499 without a GraphQL response.
 * @param numbers Where numbers count by their digits.
 */
export function graphqlAnswer(
  service: string,
  response: HttpResponse,
  numbers: NumberPaths = [],
): SubgraphResponse {
  const { status } = response;
  if (status < 400) {
    const needsDigits = (value: unknown): boolean => isRecord(value) && holdsNumber(value['data'], numbers);
    const value = parseJson(service, response, needsDigits);
    const answer = asResponse(service, value);
    if (answer) return answer;
    const what =
      isRecord(value) && value['data'] === null ? 'data that is null, and no errors' : 'no GraphQL response';
    throw badResponse(service, new Error(`status ${status} with ${what}`));
  }
  const counts = isGraphqlMedia(response) || !(status >= 500 || unavailableStatuses.has(status));
  const answer = counts ? asResponse(service, jsonOrNothing(service, response)) : undefined;
  if (answer) return status < 500 ? answer : { ...answer, status };
  const cause = new Error(`status ${status}${counts ? ' without a GraphQL response' : ''}`);
  const known = { outcome: outcomeOfStatus(status) };
  if (unavailableStatuses.has(status)) {
    throw unavailable(service, cause, { ...known, ...retryAfterOf(response) });
  }
  throw status < 500 ? refused(service, { ...known, cause }) : badResponse(service, cause, known);
}

function isGraphqlMedia({ headers }: HttpResponse): boolean {
  const [type = ''] = String(headers['content-type']).split(';', 1);
  return type.trim().toLowerCase() === 'application/graphql-response+json';
}

/** Errors come with HTML, too: the status says enough. */
function jsonOrNothing(service: string, response: HttpResponse): unknown {
  try {
    return parseJson(service, response);
  } catch {
    return undefined;
  }
}

function asResponse(service: string, value: unknown): SubgraphResponse | undefined {
  if (!isRecord(value)) return undefined;
  const { data } = value;
  const errors = subgraphErrors(service, value['errors']);
  if (isRecord(data)) return errors.length > 0 ? { data, errors } : { data };
  // No data at all is an answer only when it says why.
  return (data === undefined || data === null) && errors.length > 0 ? { data: null, errors } : undefined;
}
