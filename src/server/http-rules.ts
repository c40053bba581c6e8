/** Checks of a request's method and headers, before its body is read. */

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

import { GatewayError } from '../shared/errors.ts';
import { authorityOf } from './endpoint.ts';

/** Methods of the GraphQL endpoint, as the value of `allow`. */
export const endpointMethods = 'GET, HEAD, POST';

/** Methods of RFC 9110; others are answered with 501. */
const standardMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']);

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-9.1 */
export function refusalOfHead(request: IncomingMessage): GatewayError | undefined {
  const { method = '', headers } = request;
  if (!hasValidHost(request))
    return new GatewayError('BAD_REQUEST', 'Send exactly one host header, with a host and perhaps a port');
  if (!standardMethods.has(method)) return unimplementedMethod();
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return unknownTransferEncoding();
  return undefined;
}

export function unimplementedMethod(): GatewayError {
  return new GatewayError('NOT_IMPLEMENTED', 'This method is not implemented: send operations by POST');
}

/** @see https://www.rfc-editor.org/rfc/rfc9112#section-6.1 */
export function unknownTransferEncoding(): GatewayError {
  return new GatewayError('NOT_IMPLEMENTED', 'Unsupported transfer-encoding: only chunked is supported');
}

const validHost = /^(?:[\w.~!$&'()*+,;=%-]+|\[[\da-f:.]+\])(?::\d*)?$/i;

/**
 * Whether there is exactly one valid host. Of several, an intermediary could use another one than this gateway.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2
 */
export function hasValidHost(request: IncomingMessage): boolean {
  const { headers, rawHeaders, httpVersion } = request;
  const { host } = headers;
  if (host === undefined) return httpVersion === '1.0';
  const other = authorityOf(request) ?? host;
  return validHost.test(host) && isOnlyHost(rawHeaders) && other.toLowerCase() === host.toLowerCase();
}

/** Node keeps the first of several host headers and drops the others. */
function isOnlyHost(rawHeaders: readonly string[]): boolean {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count === 1;
}

/** Refuses a body by its headers, before it is read. */
export function refusalOfBody(headers: IncomingHttpHeaders, bodyBytesMax: number): GatewayError | undefined {
  if (!isUtf8Json(headers['content-type']))
    return new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'Send a JSON body with content-type: application/json');
  if (!isUncompressed(headers['content-encoding']))
    return new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'Compressed request bodies are not accepted');
  return Number(headers['content-length']) > bodyBytesMax ? tooLarge(bodyBytesMax) : undefined;
}

export function tooLarge(bodyBytesMax: number): GatewayError {
  return new GatewayError('PAYLOAD_TOO_LARGE', `The body is larger than ${bodyBytesMax} bytes`);
}

/** JSON has no parameters, but a body in another charset than UTF-8 would be misread. */
const utf8Json = /^application\/json\s*(?=;|$)(?!.*;\s*charset\s*=(?!\s*"?utf-?8"?\s*(?:;|$)))/i;

/** Whether `content-type` is JSON in UTF-8. */
export function isUtf8Json(contentType: string | undefined): boolean {
  return contentType === 'application/json' || utf8Json.test(contentType ?? '');
}

function isUncompressed(contentEncoding: string | undefined): boolean {
  return contentEncoding === undefined || /^(?:identity)?$/i.test(contentEncoding);
}
