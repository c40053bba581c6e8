/**
 * JSON over HTTP to backends: one keep-alive pool an origin, never a redirect, a deadline and a byte cap on each call.
 *
 * Built on undici's `dispatch`: `fetch` costs about three times as much a call. One exchange is `http-call.ts`; what
 * the bodies mean is for `graphql-source.ts` and `rest-source.ts`.
 */

import { Pool } from 'undici';

import type { RequestContext } from '../pipeline/request.ts';
import { monotonicClock } from '../shared/clock.ts';
import { badResponse, timedOut, unavailable } from './failures.ts';
import { HttpCall, type HttpResponse } from './http-call.ts';

export type { HttpResponse } from './http-call.ts';

export interface HttpTransportOptions {
  /** Connections an origin at most. Default 16. */
  readonly connections?: number;
  /** Calls an origin may have under way or waiting for a connection; one more is refused at once. Default 2 048. */
  readonly callsMax?: number;
  /** Default 10 MiB. */
  readonly responseBytesMax?: number;
  /** How long to wait for a connection. Default 2 000. */
  readonly connectTimeoutMs?: number;
  /** How long an idle connection is kept unless the service says otherwise. Default 4 000. */
  readonly keepAliveMs?: number;
}

export const httpTransportDefaults: Required<HttpTransportOptions> = {
  connections: 16,
  callsMax: 2048,
  responseBytesMax: 10 * 1024 * 1024,
  connectTimeoutMs: 2000,
  keepAliveMs: 4000,
};

export interface HttpRequest {
  /** Named in errors. */
  readonly service: string;
  readonly method: 'GET' | 'POST';
  /** Path and query, encoded. */
  readonly path: string;
  readonly body?: string;
  /** Sent besides the forwarded ones, over which they win. Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly context: RequestContext;
}

/** One backend address. */
export interface HttpOrigin {
  /** @throws {GatewayError} As `Subgraph.fetch` says. Any status but 3xx is an answer. */
  send(request: HttpRequest): Promise<HttpResponse>;
}

export interface HttpTransport {
  /** Origins of the same scheme, host and port share one pool. */
  origin(url: string): HttpOrigin;
  /** Lets calls under way end for up to a second, then breaks them off. */
  close(): Promise<void>;
}

const closeTimeoutMs = 1000;
/** Refused here: says nothing of the service. */
const neverSent = { outcome: 'refused', nothingSent: true } as const;

export function createHttpTransport(options: HttpTransportOptions = {}): HttpTransport {
  const limits = { ...httpTransportDefaults, ...options };
  const origins = new Map<string, PooledOrigin>();
  return {
    origin(url) {
      const { origin } = new URL(url);
      let pooled = origins.get(origin);
      if (!pooled) {
        pooled = new PooledOrigin(origin, limits);
        origins.set(origin, pooled);
      }
      return pooled;
    },
    async close() {
      await Promise.all([...origins.values()].map((origin) => origin.close()));
    },
  };
}

class PooledOrigin implements HttpOrigin {
  readonly #pool: Pool;
  readonly #callsMax: number;
  readonly #responseBytesMax: number;
  #calls = 0;
  readonly #onReleased = (): void => {
    this.#calls -= 1;
  };

  constructor(origin: string, limits: Required<HttpTransportOptions>) {
    this.#callsMax = limits.callsMax;
    this.#responseBytesMax = limits.responseBytesMax;
    this.#pool = new Pool(origin, {
      connections: limits.connections,
      pipelining: 1,
      allowH2: false,
      keepAliveTimeout: limits.keepAliveMs,
      connect: { timeout: limits.connectTimeoutMs },
      // Each call has its own, exact timer.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  send(request: HttpRequest): Promise<HttpResponse> {
    const { service, context } = request;
    const { cancellation } = context;
    if (cancellation.reason) return Promise.reject(cancellation.reason);
    const timeoutMs = Math.min(request.timeoutMs, context.deadlineAtMs - monotonicClock());
    if (timeoutMs <= 0)
      return Promise.reject(timedOut(service, new Error('the deadline has passed'), neverSent));
    if (this.#calls >= this.#callsMax) {
      return Promise.reject(
        unavailable(service, new Error(`${this.#calls} calls are already under way`), neverSent),
      );
    }
    this.#calls += 1;
    return new Promise((resolve, reject) => {
      const limits = { timeoutMs, responseBytesMax: this.#responseBytesMax, cancellation };
      const call = new HttpCall(service, limits, { resolve, reject, onReleased: this.#onReleased });
      const { method, path, body } = request;
      const headers = headersOf(request, timeoutMs);
      this.#pool.dispatch({ method, path, body: body ?? null, headers }, call);
    });
  }

  async close(): Promise<void> {
    const timer = setTimeout(() => void this.#pool.destroy(), closeTimeoutMs);
    await this.#pool.close().catch(() => undefined);
    clearTimeout(timer);
  }
}

/** Headers that belong to one connection or one body: a client's must never reach a backend. */
const neverForwarded = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function headersOf({ context, headers, body }: HttpRequest, timeoutMs: number): Record<string, string> {
  const sent: Record<string, string> = {
    accept: 'application/json',
    // Without this a service might compress; unpacking would need a second limit.
    'accept-encoding': 'identity',
  };
  const forwarded = context.forwardHeaders;
  for (const name in forwarded) {
    const value = forwarded[name];
    if (value !== undefined && !neverForwarded.has(name)) sent[name] = value;
  }
  sent['x-request-id'] = context.requestId;
  // How long anybody waits for the answer, in ms.
  sent['x-deadline-ms'] = String(Math.max(1, Math.floor(timeoutMs)));
  if (body !== undefined) sent['content-type'] = 'application/json';
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) sent[name] = value;
  }
  return sent;
}

/** @throws {GatewayError} `SERVICE_BAD_RESPONSE`; the body's text is not part of it. */
export function parseJson(service: string, response: HttpResponse): unknown {
  try {
    return JSON.parse(response.body.toString('utf8')) as unknown;
  } catch {
    // JSON.parse quotes the body in its message, and bodies hold customers' data: keep it out of the logs.
    const { status, body } = response;
    throw badResponse(service, new Error(`status ${status}, ${body.length} bytes that are not JSON`));
  }
}
