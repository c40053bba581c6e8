/** What HTTP asks of a request before anything reads its body: what is wrong here is wrong whatever the body holds. */

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

import { GatewayError } from '../shared/errors.ts';

/** What the GraphQL endpoint answers: a header `allow`. */
export const endpointMethods = 'GET, HEAD, POST';

/** Those that every server of HTTP knows, whether or not it allows them. */
const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']);

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-9.1 */
export function refusalOfHead(request: IncomingMessage): GatewayError | undefined {
  const { method = '', headers } = request;
  if (!hasValidHost(request))
    return new GatewayError('BAD_REQUEST', 'Send exactly one host header, with a host and perhaps a port');
  if (!knownMethods.has(method)) return unimplementedMethod();
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return unknownTransferEncoding();
  return undefined;
}

export function unimplementedMethod(): GatewayError {
  return new GatewayError('NOT_IMPLEMENTED', 'This method is not implemented: send operations by POST');
}

/** @see https://www.rfc-editor.org/rfc/rfc9112#section-6.1 */
export function unknownTransferEncoding(): GatewayError {
  return new GatewayError('NOT_IMPLEMENTED', 'The only transfer-encoding that is understood is chunked');
}

const validHost = /^(?:[\w.~!$&'()*+,;=%-]+|\[[\da-f:.]+\])(?::\d*)?$/i;

/**
 * Whether it says once whom it is for. Others on its way could take another of several hosts than we do.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2
 */
export function hasValidHost({ headers, rawHeaders, httpVersion }: IncomingMessage): boolean {
  const { host } = headers;
  if (host === undefined) return httpVersion === '1.0';
  return validHost.test(host) && isOnlyHost(rawHeaders);
}

/** Node keeps the first of several and says nothing of the others. */
function isOnlyHost(rawHeaders: readonly string[]): boolean {
  let found = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i];
    if (name?.length === 4 && name.toLowerCase() === 'host') found += 1;
  }
  return found === 1;
}

/** What the endpoint refuses of a body that it has not seen yet. */
export function refusalOfBody(headers: IncomingHttpHeaders, bodyBytesMax: number): GatewayError | undefined {
  if (!isUtf8Json(headers['content-type']))
    return new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'Send a JSON body with content-type: application/json');
  if (!isPlain(headers['content-encoding']))
    return new GatewayError('UNSUPPORTED_MEDIA_TYPE', 'Compressed request bodies are not accepted');
  return Number(headers['content-length']) > bodyBytesMax ? tooLarge(bodyBytesMax) : undefined;
}

export function tooLarge(bodyBytesMax: number): GatewayError {
  return new GatewayError('PAYLOAD_TOO_LARGE', `The body has more than ${bodyBytesMax} bytes`);
}

/** Parameters mean nothing for JSON; but a client that names another character set would be misread. */
const utf8Json = /^application\/json\s*(?=;|$)(?!.*;\s*charset\s*=(?!\s*"?utf-?8"?\s*(?:;|$)))/i;

/** Whether a header `content-type` names JSON in UTF-8. */
export function isUtf8Json(contentType: string | undefined): boolean {
  return contentType === 'application/json' || utf8Json.test(contentType ?? '');
}

function isPlain(contentEncoding: string | undefined): boolean {
  return contentEncoding === undefined || /^(?:identity)?$/i.test(contentEncoding);
}
