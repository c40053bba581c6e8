/**
 * An answer as an HTTP response: media type, status, headers, JSON text.
 *
 * @see https://graphql.github.io/graphql-over-http/draft/#sec-Response
 */

import type { Answer } from '../pipeline/answer.ts';
import type { Executed, MediaType } from '../pipeline/stages.ts';
import { GatewayError, isGatewayError, isOperationCode } from '../shared/errors.ts';
import { preferred } from './accept.ts';
import {
  errorIdsOf,
  type ErrorIds,
  formatFieldError,
  formatRequestError,
  type ErrorPolicy,
} from './graphql-errors.ts';

export const graphqlMediaType = 'application/graphql-response+json' satisfies MediaType;
export const jsonMediaType = 'application/json' satisfies MediaType;

export interface HttpAnswer {
  readonly status: number;
  readonly mediaType: MediaType;
  /** JSON. */
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The media type of the response; null if the client accepts neither. Without a preference it is `application/json`,
 * which older clients expect.
 */
export function negotiate(accept: string | undefined): MediaType | null {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === jsonMediaType)
    return jsonMediaType;
  return accept === graphqlMediaType ? graphqlMediaType : (preferred(accept, bothMediaTypes) ?? null);
}

/** @throws {GatewayError} `NOT_ACCEPTABLE` */
export function acceptable(mediaType: MediaType | null): MediaType {
  if (mediaType !== null) return mediaType;
  throw new GatewayError('NOT_ACCEPTABLE', `This endpoint answers with ${jsonMediaType}`);
}

const bothMediaTypes = [jsonMediaType, graphqlMediaType] as const;

export function toHttpAnswer(
  { context, answer }: Pick<Executed, 'context' | 'answer'>,
  mediaType: MediaType,
  policy: ErrorPolicy,
): HttpAnswer {
  const { data, extensions } = answer;
  const body =
    answer.errors.length === 0
      ? { data, extensions }
      : {
          data,
          errors: answer.errors.map((error) => formatFieldError(error, errorIdsOf(context), policy)),
          extensions,
        };
  return { status: 200, mediaType, text: JSON.stringify(body), headers: {}, ...statusAndHeaders(answer) };
}

type StatusAndHeaders = Partial<Pick<HttpAnswer, 'status' | 'headers'>>;

/** Status and headers that depend on the answer; the default is 200 and no headers. */
export function statusAndHeaders(answer: Answer): StatusAndHeaders {
  // With fallback values: caches must not keep them longer than the service is unavailable.
  return answer.extensions?.fallbacks
    ? { headers: { 'cache-control': 'no-store' } }
    : whenUnavailable(answer);
}

/** 503 with `retry-after` if there is no data because all services have open circuit breakers. */
function whenUnavailable({ data, errors }: Answer): StatusAndHeaders {
  if (errors.length === 0) return {};
  let retryAfter = 0;
  for (const { code, extensions } of errors) {
    const seconds = extensions?.['retryAfter'];
    if (code !== 'SERVICE_UNAVAILABLE' || typeof seconds !== 'number') return {};
    retryAfter = Math.max(retryAfter, seconds);
  }
  if (data && Object.values(data).some((value) => value !== null)) return {};
  return { status: 503, headers: { 'retry-after': String(retryAfter) } };
}

/** The response that refuses a whole request: errors and no `data`. */
export function toHttpRefusal(error: unknown, ids: ErrorIds, mediaType: MediaType): HttpAnswer {
  const gatewayError = isGatewayError(error) ? error : undefined;
  const isLegacy =
    mediaType === jsonMediaType && gatewayError !== undefined && isOperationCode(gatewayError.code);
  const errors = formatRequestError(error, ids);
  return {
    status: isLegacy ? 200 : (gatewayError?.httpStatus ?? 500),
    mediaType,
    text: JSON.stringify({ errors }),
    headers: {},
  };
}
