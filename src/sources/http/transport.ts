/**
 * HTTP to backends: one keep-alive pool an address, never a redirect, a deadline and byte caps on each call.
 *
 * Built on undici's `dispatch`: `fetch` costs about three times as much a call. One exchange is `exchange.ts`; what
 * the bodies mean is for `graphql-source.ts` and `rest-source.ts`.
 */

import type { LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import type { Pool } from 'undici';

import { transportDefaults, type ServiceTransport } from '../../config/gateway/transport.ts';
import type { Call, CallContext } from '../../resilience/call.ts';
import type { Endpoint } from '../../resilience/endpoints.ts';
import { isNestedTooDeep, nestingMax } from '../../shared/json-nesting.ts';
import { monotonicClock } from '../../shared/clock.ts';
import { parseExactJson } from '../../shared/exact-json.ts';
import { mayChange, mayHaveLongNumber } from '../../shared/exact-number.ts';
import { isHeaderValue } from '../../shared/header-values.ts';
import { utf8Text } from '../../shared/utf8.ts';
import { badResponse, timedOut, unavailable, unusable } from '../failures.ts';
import { describeHttpCall } from './call-span.ts';
import { HttpCall, type HttpCallLimits, type HttpResponse } from './exchange.ts';
import { createPool } from './pool.ts';
import { headerRules, type HeaderRules, type SentHeaders } from '../headers/request-header-rules.ts';

export type { HttpResponse } from './exchange.ts';

export interface HttpTransportOptions {
  /** Of all answers to one client request. Default 64 MiB. */
  readonly operationBytesMax?: number;
  /** Resolves names. Default: as the system does. */
  readonly lookup?: LookupFunction;
}

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface HttpRequest {
  readonly method: HttpMethod;
  /** Path and query, encoded; comes after those of the endpoint. */
  readonly path: string;
  /** That path with names for its values, for spans. Undefined: it has none. */
  readonly template?: string;
  /** JSON text. */
  readonly body?: string;
  /** Sent besides the forwarded ones, over which they win. Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Rejects with a `CallFailure`. Any status but 3xx is an answer; 304 is one to a conditional request. */
export type HttpSend = Call<HttpRequest, HttpResponse>;

export interface HttpTransport {
  /**
   * Calls of one service. Services with the same settings share the connections to one origin.
   *
   * @param onLost Tells which endpoints are gone or out: their connections, which may have died without a word, are
   *   used for no other call.
   */
  service(name: string, settings?: Partial<ServiceTransport>, onLost?: OnLost): HttpSend;
  /** Lets calls under way end for up to a second, then breaks them off. */
  close(): Promise<void>;
}

type OnLost = (listener: (endpoint: Endpoint) => void) => () => void;

const closeTimeoutMs = 1000;
/** Addresses of a service that changes them; the one unused for longest is let go first. */
const originsMax = 128;
/** Refused here: says nothing of the service. */
const neverSent = { outcome: 'refused', nothingSent: true } as const;
const compress = promisify(gzip);

interface Origin {
  readonly key: string;
  readonly pool: Pool;
  calls: number;
  usedAtMs: number;
  /** Let go: whoever still holds it asks for a new one. */
  isDropped: boolean;
  readonly onReleased: () => void;
  readonly isConnected: () => boolean;
}

/** Where an endpoint's calls go. */
interface Target {
  readonly origin: Origin;
  readonly path: string;
  /** Of the address, without its question mark. Empty: none. */
  readonly query: string;
}

interface Dispatch {
  readonly target: Target;
  readonly request: HttpRequest;
  /** Of the request, compressed where the service wants it so. */
  readonly body: string | Buffer | undefined;
}

export function createHttpTransport(options: HttpTransportOptions = {}): HttpTransport {
  const { operationBytesMax = 64 * 1024 * 1024, lookup } = options;
  const origins = new Map<string, Origin>();
  /** Let go, with calls under way. */
  const leaving = new Set<Pool>();
  const unfollows: Array<() => void> = [];

  function letGo(origin: Origin): void {
    const { key, pool } = origin;
    if (origin.isDropped) return;
    origins.delete(key);
    origin.isDropped = true;
    leaving.add(pool);
    // Each call has its own timer.
    void pool
      .close()
      .catch(() => undefined)
      .then(() => leaving.delete(pool));
  }

  function originOf(endpoint: Endpoint, settings: ServiceTransport): Origin {
    const { origin: url } = new URL(endpoint.url);
    const { headers: _perCall, ...connection } = settings;
    const key = JSON.stringify([url, endpoint.address, connection]);
    const known = origins.get(key);
    if (known) return known;
    const unused = origins.size >= originsMax ? longestUnused(origins) : undefined;
    if (unused) letGo(unused);
    const target = { origin: url, address: endpoint.address, ...(lookup ? { lookup } : {}) };
    const pool = createPool(target, settings);
    const made: Origin = {
      key,
      pool,
      calls: 0,
      usedAtMs: monotonicClock(),
      isDropped: false,
      onReleased: () => {
        made.calls -= 1;
      },
      isConnected: () => pool.stats.connected > 0,
    };
    origins.set(key, made);
    return made;
  }

  return {
    service(name, given = {}, onLost = () => () => undefined) {
      const settings = { ...transportDefaults, ...given };
      const service = new HttpService({
        name,
        settings,
        operationBytesMax,
        originOf: (endpoint) => originOf(endpoint, settings),
      });
      const unfollow = onLost((endpoint) => {
        const origin = service.originInUse(endpoint);
        if (origin) letGo(origin);
      });
      unfollows.push(unfollow);
      return service.send;
    },
    async close() {
      for (const unfollow of unfollows) unfollow();
      const pools = [...origins.values()].map(({ pool }) => pool);
      await Promise.all([...pools, ...leaving].map(closePool));
    },
  };
}

interface HttpServiceParts {
  readonly name: string;
  readonly settings: ServiceTransport;
  readonly operationBytesMax: number;
  readonly originOf: (endpoint: Endpoint) => Origin;
}

class HttpService {
  readonly #name: string;
  readonly #settings: ServiceTransport;
  readonly #limits: Omit<HttpCallLimits, 'timeoutMs'>;
  readonly #originOf: (endpoint: Endpoint) => Origin;
  readonly #rules: HeaderRules;
  readonly #acceptEncoding: string;
  /** By the endpoint itself: a source of endpoints keeps them while they do not change. */
  readonly #targets = new WeakMap<Endpoint, Target>();

  constructor({ name, settings, operationBytesMax, originOf }: HttpServiceParts) {
    const { responseBytesMax, compressedBytesMax, acceptEncodings } = settings;
    this.#name = name;
    this.#settings = settings;
    this.#limits = { responseBytesMax, compressedBytesMax, operationBytesMax, acceptEncodings };
    this.#originOf = originOf;
    this.#rules = headerRules(settings.headers);
    this.#acceptEncoding = acceptEncodings.length > 0 ? acceptEncodings.join(', ') : 'identity';
  }

  readonly send: HttpSend = (request, context) => {
    const { endpoint } = context;
    if (!endpoint)
      return Promise.reject(unavailable(this.#name, new Error('no address is known'), neverSent));
    let target: Target;
    try {
      target = this.#targetOf(endpoint);
    } catch (cause) {
      return Promise.reject(unavailable(this.#name, cause, neverSent));
    }
    const { compressFromBytes } = this.#settings;
    const { body } = request;
    if (compressFromBytes > 0 && body !== undefined && body.length >= compressFromBytes) {
      // Another call may have let the address go meanwhile.
      return compress(body).then((packed) =>
        this.#dispatch({ target: this.#targetOf(endpoint), request, body: packed }, context),
      );
    }
    return this.#dispatch({ target, request, body }, context);
  };

  originInUse(endpoint: Endpoint): Origin | undefined {
    return this.#targets.get(endpoint)?.origin;
  }

  #targetOf(endpoint: Endpoint): Target {
    let target = this.#targets.get(endpoint);
    if (!target || target.origin.isDropped) {
      const { pathname, search } = new URL(endpoint.url);
      target = { origin: this.#originOf(endpoint), path: pathname, query: search.slice(1) };
      this.#targets.set(endpoint, target);
    }
    return target;
  }

  #dispatch({ target, request, body }: Dispatch, context: CallContext): Promise<HttpResponse> {
    const { origin } = target;
    const { cancellation } = context;
    const service = this.#name;
    if (cancellation.reason) return Promise.reject(cancellation.reason);
    const nowMs = monotonicClock();
    const timeoutMs = context.deadlineAtMs - nowMs;
    if (timeoutMs <= 0)
      return Promise.reject(timedOut(service, new Error('the deadline has passed'), neverSent));
    if (origin.calls >= this.#settings.callsMax) {
      const cause = new Error(`${origin.calls} calls are already under way`);
      return Promise.reject(unavailable(service, cause, neverSent));
    }
    // What is thrown in here rejects the call.
    return new Promise((resolve, reject) => {
      const headers = this.#headersOf(request, context, timeoutMs);
      if (typeof body === 'object') headers['content-encoding'] = 'gzip';
      const { onReleased, isConnected } = origin;
      const limits = { ...this.#limits, timeoutMs };
      const call = new HttpCall(service, limits, {
        call: context,
        resolve,
        reject,
        onReleased,
        isConnected,
      });
      origin.calls += 1;
      origin.usedAtMs = nowMs;
      const { method } = request;
      if (context.span) {
        const { url = '' } = context.endpoint ?? {};
        describeHttpCall(context.span, { method, url, template: request.template });
      }
      origin.pool.dispatch({ method, path: joined(target, request.path), body: body ?? null, headers }, call);
    });
  }

  /** @throws {GatewayError} `BAD_USER_INPUT` for a value that no header can have, wherever it comes from. */
  #headersOf({ headers, body }: HttpRequest, context: CallContext, timeoutMs: number): SentHeaders {
    const { request, span, idempotencyKey } = context;
    const sent: SentHeaders = { accept: 'application/json', 'accept-encoding': this.#acceptEncoding };
    this.#rules(request, sent);
    request.trace.addHeaders(sent, span);
    sent['x-request-id'] = request.requestId;
    // How long anybody waits for the answer, in ms.
    sent['x-deadline-ms'] = String(Math.max(1, Math.floor(timeoutMs)));
    if (body !== undefined) sent['content-type'] = 'application/json';
    if (idempotencyKey !== null) sent['idempotency-key'] = idempotencyKey;
    for (const name in headers) {
      const value = headers[name];
      if (value !== undefined) sent[name] = value;
    }
    for (const name in sent) if (!isHeaderValue(sent[name] ?? '')) throw unusable(this.#name, name);
    return sent;
  }
}

/** `/api/` and `/users?x=1` become `/api/users?x=1`, a query of the address comes last; the endpoint alone is the whole path of a GraphQL service. */
function joined({ path: base, query }: Target, path: string): string {
  const prefix = path !== '' && base.endsWith('/') ? base.slice(0, -1) : base;
  const whole = prefix + path;
  if (query === '') return whole;
  return `${whole}${whole.includes('?') ? '&' : '?'}${query}`;
}

function longestUnused(origins: ReadonlyMap<string, Origin>): Origin | undefined {
  let oldest: Origin | undefined;
  for (const origin of origins.values()) {
    if (origin.calls === 0 && (!oldest || origin.usedAtMs < oldest.usedAtMs)) oldest = origin;
  }
  return oldest;
}

async function closePool(pool: Pool): Promise<void> {
  const timer = setTimeout(() => void pool.destroy(), closeTimeoutMs);
  await pool.close().catch(() => undefined);
  clearTimeout(timer);
}

/** @throws {GatewayError} `SERVICE_BAD_RESPONSE` where the body is not UTF-8. */
export function textOf(service: string, { status, body }: HttpResponse): string {
  try {
    return utf8Text(body);
  } catch {
    throw badResponse(service, new Error(`status ${status}, ${body.length} bytes that are not UTF-8`));
  }
}

/**
 * @param needsDigits Whether digits that say the same in another way matter, given what the body holds. Default: they
 *   do not, and only numbers that JavaScript cannot hold are an `ExactNumber`.
 * @throws {GatewayError} `SERVICE_BAD_RESPONSE`; the body's text is not part of it.
 */
export function parseJson(
  service: string,
  response: HttpResponse,
  needsDigits?: (value: unknown) => boolean,
): unknown {
  const text = textOf(service, response);
  if (isNestedTooDeep(response.body, text))
    throw badResponse(
      service,
      new Error(`status ${response.status}, JSON nested deeper than ${nestingMax} levels`),
    );
  try {
    if (mayHaveLongNumber(response.body)) return parseExactJson(text, needsDigits ? 'digits' : 'value');
    const value: unknown = JSON.parse(text);
    return needsDigits?.(value) && mayChange(text) ? parseExactJson(text, 'digits') : value;
  } catch {
    // JSON.parse quotes the body in its message, and bodies hold customers' data: keep it out of the logs.
    const { status, body } = response;
    throw badResponse(service, new Error(`status ${status}, ${body.length} bytes that are not JSON`));
  }
}
