/** A service that sends what it is told, byte by byte, and calls of it without anything around them. */

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

import { expect, onTestFinished } from 'vitest';

import { transportDefaults, type ServiceTransport } from '../../../src/config/gateway/transport.ts';
import { Http1Pool } from '../../../src/sources/http/http1/http1-pool.ts';
import { createPool } from '../../../src/sources/http/pool.ts';
import type {
  CallController,
  ConnectionPool,
  HttpHeaders,
  PooledCall,
  PooledRequest,
} from '../../../src/sources/http/pooled-call.ts';

export const ok = (body: string, ...lines: readonly string[]): string =>
  ['HTTP/1.1 200 OK', `content-length: ${body.length}`, ...lines, '', body].join('\r\n');

interface Call {
  readonly answer: Promise<string>;
  readonly controller: () => CallController | undefined;
}

export function call(
  pool: ConnectionPool,
  request: Partial<PooledRequest> = {},
  own: Partial<PooledCall> = {},
): Call {
  let controller: CallController | undefined;
  const answer = new Promise<string>((resolve, reject) => {
    let body = '';
    const handler: PooledCall = {
      isReleased: false,
      onRequestStart(given) {
        controller = given;
        own.onRequestStart?.(given);
      },
      onResponseStart(given, status: number, headers: HttpHeaders) {
        own.onResponseStart?.(given, status, headers);
      },
      onResponseData(given, chunk) {
        body += chunk.toString('latin1');
        own.onResponseData?.(given, chunk);
      },
      onResponseEnd() {
        own.onResponseEnd?.();
        resolve(body);
      },
      onResponseError: (_controller, error) => reject(error),
    };
    pool.dispatch({ method: 'POST', path: '/p', headers: {}, body: '{}', ...request }, handler);
  });
  return { answer, controller: () => controller };
}

/** @param answer What is sent when a request begins; or sends it. */
export async function rawService(
  answer: (socket: Socket) => string | void,
  options: Partial<ServiceTransport> = {},
  host = '127.0.0.1',
  { isSlow = false }: { readonly isSlow?: boolean } = {},
) {
  const sockets: Socket[] = [];
  const asked: Buffer[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.on('data', (bytes: Buffer) => {
      asked.push(bytes);
      if (!/^[A-Z]+ \//.test(bytes.toString('latin1', 0, 10))) return;
      const text = answer(socket);
      if (text !== undefined) socket.write(text, 'latin1');
      if (isSlow) socket.pause();
    });
  });
  await new Promise<void>((resolve, reject) => server.on('error', reject).listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const pool = createPool({ origin: url, address: undefined }, { ...transportDefaults, ...options });
  expect(pool).toBeInstanceOf(Http1Pool);
  onTestFinished(async () => {
    await pool.destroy();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    pool,
    url,
    sockets,
    asked,
    connections: () => sockets.length,
    paths: () => asked.map((bytes) => bytes.toString().split(' ', 2)[1]),
    ask: (request: Partial<PooledRequest> = {}) => call(pool, request).answer,
  };
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
