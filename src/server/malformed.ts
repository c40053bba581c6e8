/** Answers malformed HTTP requests: they never reach a route, so this writes to the socket directly. */

import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { formatRequestError } from '../response/graphql-errors.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import { endWith } from './answer-early.ts';
import { unimplementedMethod, unknownTransferEncoding } from './http-rules.ts';
import { unreadable } from './routes.ts';

/** Node's error for bytes that it cannot parse. */
export interface HttpParseError extends Error {
  readonly code?: string;
  readonly reason?: string;
  /** The last chunk, and how much of it was parsed. */
  readonly rawPacket?: unknown;
  readonly bytesParsed?: number;
}

export function refuseMalformed(events: Events): (error: HttpParseError, socket: Socket) => void {
  return (error, socket) => {
    // After a failed TLS handshake the client could not read a response.
    const isTls = error.code?.startsWith('ERR_SSL_') || error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT';
    if (error.code === 'ECONNRESET' || isTls) socket.destroy();
    else refuseRaw(socket, events, refusalOf(error));
  };
}

export interface RawRefusal {
  readonly error: GatewayError;
  /** Default: that of the error code. */
  readonly status?: number;
}

export function refuseRaw(socket: Duplex, events: Events, { error, status }: RawRefusal): void {
  const httpStatus = status ?? error.httpStatus;
  events.emit('otherResponseSent', { ...unreadable, httpStatus, code: error.code, durationMs: 0 });
  endWith(socket, rawRefusal(error, httpStatus));
}

function rawRefusal(error: GatewayError, status: number): string {
  const body = JSON.stringify({ errors: formatRequestError(error, { requestId: randomUUID() }) });
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

function refusalOf(error: HttpParseError): RawRefusal {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return { error: new GatewayError('PAYLOAD_TOO_LARGE', 'The headers are too large'), status: 431 };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { error: new GatewayError('REQUEST_TIMEOUT', 'The request took too long to arrive') };
    case 'HPE_INVALID_METHOD':
      return { error: isRequestLine(error) ? unimplementedMethod() : notHttp() };
    case 'HPE_INVALID_TRANSFER_ENCODING':
      return {
        error: /Content-Length|Empty/.test(error.reason ?? '') ? notHttp() : unknownTransferEncoding(),
      };
    default:
      return { error: notHttp() };
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
