/** Answers to bytes that are not an HTTP request: they never reach a route, so this writes to the socket itself. */

import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

import { formatRequestError } from '../response/graphql-errors.ts';
import { GatewayError } from '../shared/errors.ts';
import { endWith } from './answer-early.ts';
import { unimplementedMethod, unknownTransferEncoding } from './http-rules.ts';

/** What Node says of bytes that it cannot read. */
export interface ReadingError extends Error {
  readonly code?: string;
  readonly reason?: string;
  /** Those that came last, and how many of them were in order. */
  readonly rawPacket?: unknown;
  readonly bytesParsed?: number;
}

export function refuseMalformed(error: ReadingError, socket: Socket): void {
  // A client that does not get as far as HTTP could not read it.
  const isTls = error.code?.startsWith('ERR_SSL_') || error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT';
  if (error.code === 'ECONNRESET' || isTls) socket.destroy();
  else endWith(socket, rawRefusal(...refusalOf(error)));
}

/** @param status Where it is not that of the error's code. */
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

function refusalOf(error: ReadingError): [error: GatewayError, status?: number] {
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

/** With a method that nobody here knows, rather than something that is no HTTP. */
function isRequestLine({ rawPacket, bytesParsed = 0 }: ReadingError): boolean {
  if (!Buffer.isBuffer(rawPacket)) return false;
  // The parser stops within the method, and other requests may stand before this one.
  const lineStart = rawPacket.lastIndexOf('\n', bytesParsed) + 1;
  const line = rawPacket.subarray(lineStart).toString('latin1').split('\r\n', 1)[0] ?? '';
  return /^[\w!#$%&'*+.^`|~-]+ \S+ HTTP\/\d\.\d$/.test(line);
}

function notHttp(): GatewayError {
  return new GatewayError('BAD_REQUEST', 'The request is not valid HTTP');
}
