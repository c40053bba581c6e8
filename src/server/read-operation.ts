/** Reads the parameters of a GraphQL request from an HTTP request, by POST or GET. */

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';

import { parseOperationRequest, parseQueryParameters } from '../operation/parse-request.ts';
import type { OperationRequest } from '../pipeline/stages.ts';
import { GatewayError } from '../shared/errors.ts';
import { parseJson } from '../shared/exact-json.ts';
import { isUtf8Json } from './http-rules.ts';

/** @throws {GatewayError} `BAD_REQUEST`, `CSRF_PREVENTION` or `PERSISTED_QUERY_NOT_SUPPORTED`. */
export function readOperation(request: IncomingMessage, body: Buffer | null): OperationRequest {
  return request.method === 'POST' ? readPost(body) : readGet(request);
}

/**
 * CSRF prevention: any site can make a browser send a simple GET, so only requests that need a preflight are accepted.
 */
function readGet({ headers, url = '' }: IncomingMessage): OperationRequest {
  const isPreflighted =
    isUtf8Json(headers['content-type']) ||
    Boolean(headers['x-apollo-operation-name']) ||
    Boolean(headers['apollo-require-preflight']);
  const parameters = new URLSearchParams(url.slice(url.indexOf('?') + 1));
  if (!url.includes('?') || !(parameters.has('query') || parameters.has('extensions'))) {
    throw new GatewayError(
      'BAD_REQUEST',
      'Parameter "query" is missing: send it in the URL, or POST a JSON body',
    );
  }
  if (!isPreflighted) {
    const fix = 'send "content-type: application/json" or a non-empty "apollo-require-preflight" header';
    throw new GatewayError(
      'CSRF_PREVENTION',
      `A simple GET is refused, because another site may have caused it: ${fix}`,
    );
  }
  return parseQueryParameters(parameters);
}

/** The edge has checked the content type already. */
function readPost(body: Buffer | null): OperationRequest {
  if (body === null || body.length === 0) throw new GatewayError('BAD_REQUEST', 'The body is empty');
  if (!isUtf8(body)) throw new GatewayError('BAD_REQUEST', 'The body is not UTF-8');
  let parsed: unknown;
  try {
    parsed = parseJson(body.toString());
  } catch (cause) {
    throw new GatewayError('BAD_REQUEST', 'The body is not valid JSON', { cause });
  }
  return parseOperationRequest(parsed);
}
