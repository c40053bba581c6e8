/**
 * The HTTP side of an answer: media type, status, bytes.
 *
 * @see https://graphql.github.io/graphql-over-http/draft/#sec-Response
 */

import type { Answer } from '../pipeline/answer.ts';
import type { Executed, MediaType } from '../pipeline/stages.ts';
import { GatewayError, isGatewayError, isOperationCode } from '../shared/errors.ts';
import { preferred } from './accept.ts';
import { formatFieldError, formatRequestError, type ErrorPolicy } from './graphql-errors.ts';

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
 * The media type to answer with; null where the client accepts neither. Without a preference it is
 * `application/json`, which clients that know nothing of the newer type expect.
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
          errors: answer.errors.map((error) => formatFieldError(error, context.requestId, policy)),
          extensions,
        };
  return { status: 200, mediaType, text: JSON.stringify(body), headers: {}, ...statusAndHeaders(answer) };
}

type StatusAndHeaders = Partial<Pick<HttpAnswer, 'status' | 'headers'>>;

/** What an answer says in HTTP besides its body. */
export function statusAndHeaders(answer: Answer): StatusAndHeaders {
  // Whoever keeps it would have it longer than the service is out.
  return answer.extensions ? { headers: { 'cache-control': 'no-store' } } : whenUnavailable(answer);
}

/** Status and header of an answer in which nothing could be resolved because services are known to be down. */
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

/** A refusal of the whole request: no `data`. */
export function toHttpRefusal(error: unknown, requestId: string, mediaType: MediaType): HttpAnswer {
  const known = isGatewayError(error) ? error : undefined;
  const legacy = mediaType === jsonMediaType && known !== undefined && isOperationCode(known.code);
  const errors = formatRequestError(error, requestId);
  return {
    status: legacy ? 200 : (known?.httpStatus ?? 500),
    mediaType,
    text: JSON.stringify({ errors }),
    headers: {},
  };
}
