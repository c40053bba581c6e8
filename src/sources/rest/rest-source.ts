/** A client of one REST service for resolvers: JSON in, JSON out, values encoded, statuses turned into error codes. */

import type { RequestContext } from '../../pipeline/request.ts';
import { newCall, type Call } from '../../resilience/call.ts';
import { monotonicClock, type Clock } from '../../shared/clock.ts';
import type { ServiceHeaders } from '../../config/gateway/transport.ts';
import type { Backend } from '../backend.ts';
import { bulkLoaderOf } from './bulk-loader.ts';
import { answerHeaderRules } from '../headers/answer-header-rules.ts';
import { statusFailure } from '../http/status.ts';
import { type HttpMethod, type HttpRequest, type HttpResponse, parseJson } from '../http/transport.ts';
import { batchingOf, forgetLoadersOf } from '../resolvers/loader.ts';
import { headerRules, type SentHeaders } from '../headers/request-header-rules.ts';
import { RestCache, restCacheKey, type RestCacheOptions } from './answer-cache.ts';
import { restPath } from './path.ts';
import type { RestCall, RestChange, RestSearch, RestSource } from './rest-client.ts';

export interface RestSourceOptions {
  readonly cache?: RestCacheOptions;
  /** Of the service: what it gets is part of the cache's key, what it says to the client goes there. */
  readonly headers?: ServiceHeaders;
  readonly clock?: Clock;
}

export const restCacheDefaults: RestCacheOptions = { entriesMax: 1000, bytesMax: 16 * 1024 * 1024 };

export function createRestSource(backend: Backend, options: RestSourceOptions = {}): RestSource {
  const { name: service } = backend.service;
  const batching = batchingOf(backend.service);
  const call = backend.service.stack(checkedCall(backend));
  const cacheOptions = options.cache ?? restCacheDefaults;
  const cache =
    cacheOptions.entriesMax > 0 ? new RestCache(cacheOptions, options.clock ?? monotonicClock) : null;
  const rules = headerRules(options.headers);
  const toClient = answerHeaderRules(service, options.headers);
  const send: typeof call = (request, context) => toClient.hear(context.request, call(request, context));
  const tell = (response: HttpResponse, context: RequestContext): void => {
    if (toClient.apply) toClient.add(context, toClient.of(response.headers));
  };

  async function get(template: string, values: RestCall, context: RequestContext): Promise<unknown> {
    const path = restPath(service, template, values);
    const headers = { ...values.headers };
    const request = { method: 'GET', path, template, headers } as const;
    if (!cache) return answered(await send(request, newCall(context, 'query')));
    const sent: SentHeaders = {};
    rules(context, sent);
    const key = restCacheKey({ path, sent: Object.assign(sent, headers) });
    const known = cache.fresh(key);
    if (known) return answered(toClient.apply ? (cache.aged(key) ?? known) : known);
    const etag = cache.etag(key);
    if (etag !== undefined) headers['if-none-match'] = etag;
    return answered(cache.take(key, await send(request, newCall(context, 'query'))));

    function answered(response: HttpResponse): unknown {
      tell(response, context);
      return response.status === 404 ? null : bodyOf(service, response);
    }
  }

  async function search(template: string, values: RestSearch, context: RequestContext): Promise<unknown> {
    const response = await send(
      requestOf(service, { method: 'POST', template }, values),
      newCall(context, 'query'),
    );
    tell(response, context);
    return response.status === 404 ? null : bodyOf(service, response);
  }

  async function change(target: Target, values: RestChange, context: RequestContext): Promise<unknown> {
    const { idempotencyKey } = values;
    const request = requestOf(service, target, values);
    forgetLoadersOf(source, context);
    try {
      const response = await send(request, newCall(context, 'mutation', idempotencyKey));
      tell(response, context);
      if (response.status === 404) throw statusFailure(service, response);
      return bodyOf(service, response);
    } finally {
      cache?.clear();
    }
  }

  const source: RestSource = {
    name: service,
    batching,
    get,
    search,
    loader: (endpoint, context, options = {}) => bulkLoaderOf({ source, endpoint, context, options }),
    post: (template, values, context) => change({ method: 'POST', template }, values, context),
    put: (template, values, context) => change({ method: 'PUT', template }, values, context),
    patch: (template, values, context) => change({ method: 'PATCH', template }, values, context),
    delete: (template, values, context) => change({ method: 'DELETE', template }, values, context),
  };
  return source;
}

interface Target {
  readonly method: Exclude<HttpMethod, 'GET'>;
  readonly template: string;
}

function requestOf(service: string, { method, template }: Target, values: RestSearch): HttpRequest {
  const { body, headers = {} } = values;
  return {
    method,
    path: restPath(service, template, values),
    template,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

/** Statuses that say that the call failed become failures here, where policies around see them. */
function checkedCall({ service: { name }, send }: Backend): Call<HttpRequest, HttpResponse> {
  return async (request, context) => {
    const response = await send(request, context);
    const { status } = response;
    if (status >= 400 && status !== 404) throw statusFailure(name, response);
    return response;
  };
}

function bodyOf(service: string, response: HttpResponse): unknown {
  return response.body.length === 0 ? null : parseJson(service, response);
}
