/** A client of one REST service for resolvers: JSON in, JSON out, values encoded, statuses turned into error codes. */

import type { RequestContext } from '../../pipeline/request.ts';
import { newCall, type Call } from '../../resilience/call.ts';
import { monotonicClock, type Clock } from '../../shared/clock.ts';
import { MutationCounter, type SourceChanges } from '../../shared/mutation-counter.ts';
import type { ServiceHeaders } from '../../config/gateway/transport.ts';
import type { Backend } from '../backend.ts';
import { badResponse } from '../failures.ts';
import { bulkLoaderOf } from './bulk-loader.ts';
import { answerHeaderRules } from '../headers/answer-header-rules.ts';
import { statusFailure } from '../http/status.ts';
import { type HttpMethod, type HttpRequest, type HttpResponse, parseJson } from '../http/transport.ts';
import { batchingOf, forgetLoadersOf } from '../resolvers/loader.ts';
import { headerRules, type HeaderRules, type SentHeaders } from '../headers/request-header-rules.ts';
import { confirmed, RestCache, restCacheKey, type RestCacheOptions } from './answer-cache.ts';
import { restPath } from './path.ts';
import type { RestCall, RestChange, RestSearch, RestSource } from './rest-client.ts';

export interface RestSourceOptions {
  readonly cache?: RestCacheOptions;
  /** Of the service: what it gets is part of the cache's key, what it says to the client goes there. */
  readonly headers?: ServiceHeaders;
  readonly clock?: Clock;
  /** Of the source. Default: of this client alone. */
  readonly changes?: SourceChanges;
}

export const restCacheDefaults: RestCacheOptions = { entriesMax: 1000, bytesMax: 16 * 1024 * 1024 };

export function createRestSource(backend: Backend, options: RestSourceOptions = {}): RestSource {
  const { name: service } = backend.service;
  const { cache: cacheOptions = restCacheDefaults, clock = monotonicClock } = options;
  const isCached = cacheOptions.entriesMax > 0;
  // Where nothing is kept, nobody needs to know.
  const own = new MutationCounter().changesOf(service);
  const changes = isCached ? (options.changes ?? own) : own;
  const calls = restCalls(backend, options.headers);
  const cache = isCached ? new RestCache(cacheOptions, { clock, changes }) : null;
  const forgetLoaded = (context: RequestContext): void => forgetLoadersOf(source, context);
  const change = changer(calls, changes, forgetLoaded);
  const source: RestSource = {
    name: service,
    batching: batchingOf(backend.service),
    ...reads(calls, cache, headerRules(options.headers)),
    loader: (endpoint, context, options = {}) => bulkLoaderOf({ source, endpoint, context, options }),
    post: (template, values, context) => change({ method: 'POST', template }, values, context),
    put: (template, values, context) => change({ method: 'PUT', template }, values, context),
    patch: (template, values, context) => change({ method: 'PATCH', template }, values, context),
    delete: (template, values, context) => change({ method: 'DELETE', template }, values, context),
  };
  return source;
}

/** Calls of one service, with every policy around them. */
interface RestCalls {
  readonly service: string;
  readonly send: Call<HttpRequest, HttpResponse>;
  /** Passes what an answer says to the client on. */
  readonly tell: (response: HttpResponse, context: RequestContext) => void;
}

function restCalls(backend: Backend, headers: ServiceHeaders | undefined): RestCalls {
  const { name: service } = backend.service;
  const call = backend.service.stack(checkedCall(backend));
  const toClient = answerHeaderRules(service, headers);
  return {
    service,
    send: (request, context) => toClient.hear(context.request, call(request, context)),
    tell(response, context) {
      if (toClient.apply) toClient.add(context, toClient.of(response.headers));
    },
  };
}

function reads(
  { service, send, tell }: RestCalls,
  cache: RestCache | null,
  rules: HeaderRules,
): Pick<RestSource, 'get' | 'search'> {
  const answered = (response: HttpResponse, context: RequestContext): unknown => {
    tell(response, context);
    return response.status === 404 ? null : bodyOf(service, response);
  };
  return {
    async get(template: string, values: RestCall, context: RequestContext) {
      const path = restPath(service, template, values);
      const headers = { ...values.headers };
      const ask = (): Promise<HttpResponse> =>
        send({ method: 'GET', path, template, headers }, newCall(context, 'query'));
      if (!cache) return answered(await ask(), context);
      const sent: SentHeaders = {};
      rules(context, sent);
      const lookup = cache.find(restCacheKey({ path, sent: Object.assign(sent, headers) }));
      const fresh = cache.fresh(lookup);
      if (fresh) return answered(fresh, context);
      const { etag } = lookup.entry ?? {};
      if (etag !== undefined) headers['if-none-match'] = etag;
      const response = confirmed(lookup, await ask());
      const answer = answered(response, context);
      cache.keep(lookup, response);
      return answer;
    },
    async search(template: string, values: RestSearch, context: RequestContext) {
      const request = requestOf(service, { method: 'POST', template }, values);
      return answered(await send(request, newCall(context, 'query')), context);
    },
  };
}

type Change = (target: Target, values: RestChange, context: RequestContext) => Promise<unknown>;

/** @param forgetLoaded Before a change and after it: what was loaded may be from before it. */
function changer(
  { service, send, tell }: RestCalls,
  changes: SourceChanges,
  forgetLoaded: (context: RequestContext) => void,
): Change {
  return async (target, values, context) => {
    const request = requestOf(service, target, values);
    forgetLoaded(context);
    changes.begin();
    try {
      const response = await send(request, newCall(context, 'mutation', values.idempotencyKey));
      tell(response, context);
      if (response.status === 404) throw statusFailure(service, response);
      return bodyOf(service, response);
    } finally {
      forgetLoaded(context);
      await changes.end();
    }
  };
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
  if (response.status === 304)
    throw badResponse(service, new Error('status 304 to a call without a condition'));
  return response.body.length === 0 ? null : parseJson(service, response);
}
