/** A client of one REST service for resolvers: JSON in, JSON out, values encoded, statuses turned into error codes. */

import type { RequestContext } from '../pipeline/request.ts';
import { refused, unavailable } from './failures.ts';
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

export function createRestSource(options: RestServiceOptions, transport: HttpTransport): RestSource {
  const { name: service, url, timeoutMs = 5000 } = options;
  const origin = transport.origin(url);
  const prefix = new URL(url).pathname.replace(/\/$/, '');

  async function send(method: 'GET' | 'POST', template: string, call: RestCall, more: SendOptions) {
    const { body, context } = more;
    const response = await origin.send({
      service,
      method,
      path: prefix + restPath(service, template, call),
      headers: checkedHeaders(service, call.headers),
      timeoutMs,
      context,
      ...(body === undefined ? {} : { body }),
    });
    if (method === 'GET' && response.status === 404) return null;
    if (response.status >= 400) throw statusError(service, response);
    return response.body.length === 0 ? null : parseJson(service, response);
  }

  return {
    name: service,
    get: (template, call, context) => send('GET', template, call, { context }),
    post: (template, call, context) =>
      send('POST', template, call, { context, body: JSON.stringify(call.body) }),
  };
}

interface SendOptions {
  readonly context: RequestContext;
  readonly body?: string;
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
  if (unavailableStatuses.has(response.status)) {
    return unavailable(service, cause, { outcome: response.status >= 500 ? 'server-error' : 'answered' });
  }
  return refused(service, { ...wordsOf(response), cause });
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
