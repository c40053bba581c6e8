/** Reads a GraphQL request from an HTTP request: what every front does before it knows anything of GraphQL. */

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';

import { parseOperationRequest, parseQueryParameters } from '../operation/parse-request.ts';
import type { OperationRequest } from '../pipeline/stages.ts';
import { GatewayError } from '../shared/errors.ts';

/** @throws {GatewayError} `BAD_REQUEST`, `UNSUPPORTED_MEDIA_TYPE` or `CSRF_PREVENTION`. */
export function readOperation(request: IncomingMessage, body: Buffer | undefined): OperationRequest {
  return request.method === 'GET' ? readGet(request) : readPost(request, body);
}

/** Any page can make a browser send a simple GET: only requests that a browser asks about first are accepted. */
function readGet({ headers, url = '' }: IncomingMessage): OperationRequest {
  const preflighted =
    isUtf8Json(headers['content-type']) ||
    Boolean(headers['x-apollo-operation-name']) ||
    Boolean(headers['apollo-require-preflight']);
  const parameters = new URLSearchParams(url.slice(url.indexOf('?') + 1));
  if (!url.includes('?') || !parameters.has('query')) {
    throw new GatewayError(
      'BAD_REQUEST',
      'Parameter "query" is missing: send it in the URL, or POST a JSON body',
    );
  }
  if (!preflighted) {
    const fix = 'send "content-type: application/json" or a non-empty "apollo-require-preflight" header';
    throw new GatewayError('CSRF_PREVENTION', `A GET could come from a foreign page: ${fix}`);
  }
  return parseQueryParameters(parameters);
}

const utf8Json = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?;?$/i;

/** Whether a header `content-type` names JSON in UTF-8. */
export function isUtf8Json(contentType: string | undefined): boolean {
  return contentType === 'application/json' || utf8Json.test(contentType ?? '');
}

function readPost({ headers }: IncomingMessage, body: Buffer | undefined): OperationRequest {
  if (!isUtf8Json(headers['content-type'])) {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'Send a JSON body with content-type: application/json');
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'Compressed request bodies are not accepted');
  }
  if (body === undefined || body.length === 0) throw new GatewayError('BAD_REQUEST', 'The body is empty');
  if (!isUtf8(body)) throw new GatewayError('BAD_REQUEST', 'The body is not UTF-8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch (cause) {
    throw new GatewayError('BAD_REQUEST', 'The body is not valid JSON', { cause });
  }
  return parseOperationRequest(parsed);
}
