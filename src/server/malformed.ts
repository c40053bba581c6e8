/** Answers to bytes that are not an HTTP request: they never reach a route, so this writes to the socket itself. */

import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';

import { formatRequestError } from '../response/graphql-errors.ts';
import { GatewayError, type ErrorCode } from '../shared/errors.ts';

export function refuseMalformed(error: Error & { readonly code?: string }, socket: Socket): void {
  // A client that does not get as far as HTTP could not read it.
  const isTls = error.code?.startsWith('ERR_SSL_') || error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT';
  if (error.code === 'ECONNRESET' || isTls || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(rawRefusal(...refusalOf(error.code)));
}

export function rawRefusal(status: string, code: ErrorCode, message: string): string {
  const body = JSON.stringify({ errors: formatRequestError(new GatewayError(code, message), randomUUID()) });
  return [
    `HTTP/1.1 ${status}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

function refusalOf(code: string | undefined): readonly [status: string, code: ErrorCode, message: string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return ['431 Request Header Fields Too Large', 'PAYLOAD_TOO_LARGE', 'The headers are too large'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['408 Request Timeout', 'REQUEST_TIMEOUT', 'The request took too long to arrive'];
    default:
      return ['400 Bad Request', 'BAD_REQUEST', 'The request is not valid HTTP'];
  }
}
