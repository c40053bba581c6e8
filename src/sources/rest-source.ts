/** A client of one REST service for resolvers: JSON in, JSON out, values encoded, statuses turned into error codes. */

import type { RequestContext } from '../pipeline/request.ts';
import { newCall, requestOf } from '../resilience/call.ts';
import { plainService, type Service } from '../resilience/service.ts';
import { refused, unavailable } from './failures.ts';
import { httpPlaces } from './http-places.ts';
import { type HttpResponse, type HttpTransport, parseJson } from './http-transport.ts';
import { type PathValues, checkedHeaderValue, restPath } from './rest-path.ts';

export interface RestServiceOptions {
  readonly name: string;
  /** Its path, if any, comes before the path of each call. */
  readonly url: string;
  /** Default 5 000; the request's deadline may be sooner. */
  readonly timeoutMs?: number;
}

export interface RestCall extends PathValues {
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RestPost extends RestCall {
  /** Sent as JSON. */
  readonly body: object;
  /** The service does what it is asked once for all calls with this key: then the call may be made again. */
  readonly idempotencyKey?: string;
}

export interface RestSource {
  readonly name: string;
  /**
   * @returns The parsed body, not checked further; null for 404 and for an empty body.
   * @throws {GatewayError} As `Subgraph.fetch`, `SERVICE_ERROR` for other statuses from 400, and `BAD_USER_INPUT` for
   *   values that cannot be part of a path or header.
   */
  get(template: string, call: RestCall, context: RequestContext): Promise<unknown>;
  /** As `get`, but 404 is `SERVICE_ERROR`. */
  post(template: string, call: RestPost, context: RequestContext): Promise<unknown>;
}

interface Prepared {
  readonly method: 'GET' | 'POST';
  /** Below the path of the service's address. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @param service Its policies and replicas. Default: none but its timeout. */
export function createRestSource(
  options: RestServiceOptions,
  transport: HttpTransport,
  service: Service = plainService({ ...options, urls: [options.url] }),
): RestSource {
  const { name } = service;
  const { timeoutMs } = service.options;
  const placeOf = httpPlaces(transport);
  const send = service.stack<Prepared, unknown>(async ({ method, path, headers, body }, call) => {
    const place = placeOf(call);
    const { idempotencyKey } = call;
    const response = await place.origin.send({
      service: name,
      method,
      path: place.path.replace(/\/$/, '') + path,
      headers: idempotencyKey === null ? headers : { ...headers, 'idempotency-key': idempotencyKey },
      timeoutMs,
      context: requestOf(call),
      ...(body === undefined ? {} : { body }),
    });
    if (method === 'GET' && response.status === 404) return null;
    if (response.status >= 400) throw statusError(name, response);
    return response.body.length === 0 ? null : parseJson(name, response);
  });

  return {
    name,
    async get(template, call, context) {
      const path = restPath(name, template, call);
      return send(
        { method: 'GET', path, headers: checkedHeaders(name, call.headers) },
        newCall(context, 'query'),
      );
    },
    async post(template, { idempotencyKey = null, ...call }, context) {
      const path = restPath(name, template, call);
      if (idempotencyKey !== null) checkedHeaderValue(name, 'idempotency-key', idempotencyKey);
      const headers = checkedHeaders(name, call.headers);
      const body = JSON.stringify(call.body);
      return send({ method: 'POST', path, headers, body }, newCall(context, 'mutation', idempotencyKey));
    },
  };
}

function checkedHeaders(service: string, headers: RestCall['headers'] = {}): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    checked[name] = checkedHeaderValue(service, name, value);
  }
  return checked;
}

/** Too many requests and proxies in front of a dead service: the same call may work later. */
const unavailableStatuses = new Set([429, 502, 503, 504]);

function statusError(service: string, response: HttpResponse) {
  const cause = new Error(`status ${response.status}`);
  const outcome = response.status >= 500 ? 'server-error' : 'answered';
  if (unavailableStatuses.has(response.status)) {
    return unavailable(service, cause, { outcome });
  }
  return refused(service, { ...wordsOf(response), cause, outcome });
}

/** `{"error": "...", "code": "OUT_OF_STOCK"}`, or `message` for `error`, as REST services say it. */
function wordsOf(response: HttpResponse): { message?: unknown; code?: unknown } {
  try {
    const body: unknown = JSON.parse(response.body.toString('utf8'));
    if (typeof body !== 'object' || body === null) return {};
    const { error, message = error, code } = body as { error?: unknown; message?: unknown; code?: unknown };
    return { message, code };
  } catch {
    // Proxies answer with HTML: the status says enough.
    return {};
  }
}
