/**
 * Answers of one REST service that may be used again, as its `cache-control` and ETag say.
 *
 * The key holds everything the service could have read: path, query and every header it got, except those that only
 * name the request. A private cache: what one user got is never given to another, as their headers differ.
 */

import { LRUCache } from 'lru-cache';

import { answerKey, type KeyParts } from '../../pipeline/answer-inputs.ts';
import type { Clock } from '../../shared/clock.ts';
import type { SourceChanges } from '../../shared/mutation-counter.ts';
import { parseCacheControl } from '../http/cache-control.ts';
import type { HttpResponse } from '../http/exchange.ts';
import type { SentHeaders } from '../headers/request-header-rules.ts';

export interface RestCacheOptions {
  /** 0: nothing is kept. */
  readonly entriesMax: number;
  /** Bodies together. */
  readonly bytesMax: number;
}

interface Entry {
  readonly response: HttpResponse;
  readonly etag: string | undefined;
  readonly freshUntilMs: number;
  readonly maxAgeS: number;
  /** See `SourceChanges`. */
  readonly changes: number;
}

/** A call, before it is sent. */
export interface CacheLookup {
  readonly key: string;
  /** What was kept then: a service that confirms an answer means this one. */
  readonly entry: Entry | undefined;
  readonly changes: number;
}

/** Differ between requests that are otherwise the same; an answer that varies by one of them is not kept. */
const namesOfRequests: ReadonlySet<string> = new Set([
  'traceparent',
  'tracestate',
  'x-correlation-id',
  'x-request-id',
  'x-deadline-ms',
]);

export interface Asked {
  /** With its query. */
  readonly path: string;
  readonly sent: SentHeaders;
}

const inTheCall = { omittedBecause: 'it decides which resolvers ask for what, which is the path' };
const notSent = { omittedBecause: 'no service gets to see it' };

export const restKeyParts: KeyParts<Asked> = {
  graph: { omittedBecause: 'each graph has sources of its own, and each of them its cache' },
  mutations: {
    omittedBecause:
      'no answer from before a change through the source is used; others are for the service to announce',
  },
  labels: inTheCall,
  principal: { omittedBecause: 'the service learns of it by headers' },
  client: inTheCall,
  denied: inTheCall,
  dryRun: inTheCall,
  headers: ({ path, sent }) => {
    const names = Object.keys(sent).filter((name) => !namesOfRequests.has(name));
    return JSON.stringify([path, ...names.sort().map((name) => [name, sent[name]])]);
  },
  clientAddress: notSent,
  mediaType: notSent,
  requestForm: notSent,
};

/** Differs for calls that the service could answer differently. */
export const restCacheKey: (asked: Asked) => string = answerKey(restKeyParts);

export interface RestCacheInputs {
  readonly clock: Clock;
  /** Of the source. */
  readonly changes: Pick<SourceChanges, 'count'>;
}

export class RestCache {
  readonly #entries: LRUCache<string, Entry>;
  readonly #inputs: RestCacheInputs;

  constructor({ entriesMax, bytesMax }: RestCacheOptions, inputs: RestCacheInputs) {
    this.#entries = new LRUCache({
      max: entriesMax,
      maxSize: bytesMax,
      sizeCalculation: ({ response }, key) => response.body.length + key.length + 512,
    });
    this.#inputs = inputs;
  }

  find(key: string): CacheLookup {
    const changes = this.#inputs.changes.count();
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.changes === changes) return { key, entry, changes };
    this.#entries.delete(key);
    return { key, entry: undefined, changes };
  }

  /** An answer that may be used without asking, with how old it is by now. */
  fresh({ entry }: CacheLookup): HttpResponse | undefined {
    const nowMs = this.#inputs.clock();
    if (!entry || nowMs >= entry.freshUntilMs) return undefined;
    const { response, freshUntilMs, maxAgeS } = entry;
    const age = Math.ceil(maxAgeS - (freshUntilMs - nowMs) / 1000);
    return { ...response, headers: { ...response.headers, age: String(Math.max(0, age)) } };
  }

  /**
   * Keeps an answer that could be used, if it may be used again.
   *
   * @param response See `confirmed`.
   */
  keep({ key, entry, changes }: CacheLookup, response: HttpResponse): void {
    // The service may have read it before a change that has begun or ended since.
    if (changes !== this.#inputs.changes.count()) return;
    // Another call has had a newer answer than the one that was confirmed here.
    if (response.body === entry?.response.body && this.#entries.peek(key) !== entry) return;
    const kept = response.status === 200 ? this.#entryOf(response, changes) : undefined;
    if (kept) this.#entries.set(key, kept);
    else this.#entries.delete(key);
  }

  #entryOf({ status, body, headers: all }: HttpResponse, changes: number): Entry | undefined {
    // A cookie is for whoever caused the answer, once.
    const { 'set-cookie': _cookie, ...headers } = all;
    const response = { status, body, headers };
    const { isNoStore, isNoCache, maxAgeS = 0 } = parseCacheControl(headers['cache-control']);
    const etag = typeof headers['etag'] === 'string' ? headers['etag'] : undefined;
    const age = Number(headers['age'] ?? 0) || 0;
    const freshMs = isNoCache ? 0 : (maxAgeS - age) * 1000;
    if (isNoStore || variesByRequest(headers['vary']) || (freshMs <= 0 && etag === undefined))
      return undefined;
    return { response, etag, freshUntilMs: this.#inputs.clock() + freshMs, maxAgeS, changes };
  }
}

/** The answer kept, where the service says that it is still right. */
export function confirmed({ entry }: CacheLookup, response: HttpResponse): HttpResponse {
  if (response.status !== 304 || !entry) return response;
  // What it says now of how long it may be kept goes on to clients.
  return { ...entry.response, headers: { ...entry.response.headers, age: undefined, ...response.headers } };
}

function variesByRequest(vary: string | string[] | undefined): boolean {
  const names = String(vary ?? '')
    .toLowerCase()
    .split(',');
  return names.some((name) => name.trim() === '*' || namesOfRequests.has(name.trim()));
}
