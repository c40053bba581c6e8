/** Decides whether an HTTP answer is a GraphQL response, and which error it is when not. Pure. */

import { badResponse, unavailable } from './failures.ts';
import { outcomeOfStatus } from './http-status.ts';
import { type HttpResponse, parseJson } from './http-transport.ts';
import { retryAfterOf } from './retry-after.ts';
import type { SubgraphError, SubgraphResponse } from './source.ts';

/** Too many requests, and proxies in front of a service that is not there. */
const unavailableStatuses = new Set([429, 502, 503, 504]);

/** @throws {GatewayError} `SERVICE_BAD_RESPONSE`, or `SERVICE_UNAVAILABLE` for 429, 502, 503 and 504 without GraphQL. */
export function graphqlAnswer(service: string, response: HttpResponse): SubgraphResponse {
  const isError = response.status >= 400;
  try {
    const parsed = parseJson(service, response);
    if (isSubgraphResponse(parsed)) {
      const answer = parsed.errors?.length ? { ...parsed, errors: parsed.errors.map(asItsOwn) } : parsed;
      return response.status < 500 ? answer : { ...answer, status: response.status };
    }
  } catch (error) {
    if (!isError) throw error;
  }
  const cause = new Error(`status ${response.status} without a GraphQL response`);
  const known = { outcome: outcomeOfStatus(response.status) };
  throw unavailableStatuses.has(response.status)
    ? unavailable(service, cause, { ...known, ...retryAfterOf(response) })
    : badResponse(service, cause, known);
}

function isSubgraphResponse(value: unknown): value is SubgraphResponse {
  if (!isRecord(value)) return false;
  const { data, errors } = value;
  if (errors !== undefined && errors !== null && !isErrorList(errors)) return false;
  if (isRecord(data)) return true;
  // No data at all is an answer only when it says why.
  return (data === undefined || data === null) && Array.isArray(errors) && errors.length > 0;
}

/** What it says of itself, and nothing that only the gateway says: which service failed, and what was behind it. */
function asItsOwn({ message, path, extensions }: SubgraphError): SubgraphError {
  const { service: _, ...own } = extensions ?? {};
  return { message, ...(path ? { path } : {}), extensions: own };
}

function isErrorList(errors: unknown): errors is SubgraphError[] {
  return Array.isArray(errors) && errors.every(isSubgraphError);
}

function isSubgraphError(error: unknown): error is SubgraphError {
  if (!isRecord(error) || typeof error['message'] !== 'string') return false;
  const { path, extensions } = error;
  // Some servers write null for what they leave out.
  const isPath = path === undefined || path === null || Array.isArray(path);
  return isPath && (extensions === undefined || extensions === null || isRecord(extensions));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
