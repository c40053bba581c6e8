/** Answers malformed HTTP requests: they never reach a route, so this writes to the socket directly. */

import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

import { formatRequestError } from '../response/graphql-errors.ts';
import { GatewayError } from '../shared/errors.ts';
import { endWith } from './answer-early.ts';
import { unimplementedMethod, unknownTransferEncoding } from './http-rules.ts';

/** Node's error for bytes that it cannot parse. */
export interface HttpParseError extends Error {
  readonly code?: string;
  readonly reason?: string;
  /** The last chunk, and how much of it was parsed. */
  readonly rawPacket?: unknown;
  readonly bytesParsed?: number;
}

export function refuseMalformed(error: HttpParseError, socket: Socket): void {
  // After a failed TLS handshake the client could not read a response.
  const isTls = error.code?.startsWith('ERR_SSL_') || error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT';
  if (error.code === 'ECONNRESET' || isTls) socket.destroy();
  else endWith(socket, rawRefusal(...refusalOf(error)));
}

/** @param status Default: that of the error code. */
export function rawRefusal(error: GatewayError, status = error.httpStatus): string {
  const body = JSON.stringify({ errors: formatRequestError(error, randomUUID()) });
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json; charset=utf-8',
    'cache-control: no-store',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

function refusalOf(error: HttpParseError): [error: GatewayError, status?: number] {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return [new GatewayError('PAYLOAD_TOO_LARGE', 'The headers are too large'), 431];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [new GatewayError('REQUEST_TIMEOUT', 'The request took too long to arrive')];
    case 'HPE_INVALID_METHOD':
      return [isRequestLine(error) ? unimplementedMethod() : notHttp()];
    case 'HPE_INVALID_TRANSFER_ENCODING':
      return [/Content-Length|Empty/.test(error.reason ?? '') ? notHttp() : unknownTransferEncoding()];
    default:
      return [notHttp()];
  }
}

/** Whether it is HTTP with an unknown method, rather than no HTTP at all. */
function isRequestLine({ rawPacket, bytesParsed = 0 }: HttpParseError): boolean {
  if (!Buffer.isBuffer(rawPacket)) return false;
  // The parser stops within the method; the chunk may begin with earlier requests.
  const lineStart = rawPacket.lastIndexOf('\n', bytesParsed) + 1;
  const line = rawPacket.subarray(lineStart).toString('latin1').split('\r\n', 1)[0] ?? '';
  return /^[\w!#$%&'*+.^`|~-]+ \S+ HTTP\/\d\.\d$/.test(line);
}

function notHttp(): GatewayError {
  return new GatewayError('BAD_REQUEST', 'The request is not valid HTTP');
}
