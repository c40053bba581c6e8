/**
 * Answers of one REST service that may be used again, as its `cache-control` and ETag say.
 *
 * The key holds everything the service could have read: path, query and every header it got, except those that only
 * name the request. A private cache: what one user got is never given to another, as their headers differ.
 */

import { LRUCache } from 'lru-cache';

import { answerKey, type KeyParts } from '../../pipeline/answer-inputs.ts';
import type { Clock } from '../../shared/clock.ts';
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
    omittedBecause: 'a change through the source clears its cache; others are for the service to announce',
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

export class RestCache {
  readonly #entries: LRUCache<string, Entry>;
  readonly #clock: Clock;

  constructor({ entriesMax, bytesMax }: RestCacheOptions, clock: Clock) {
    this.#entries = new LRUCache({
      max: entriesMax,
      maxSize: bytesMax,
      sizeCalculation: ({ response }, key) => response.body.length + key.length + 512,
    });
    this.#clock = clock;
  }

  /** An answer that may be used without asking. */
  fresh(key: string): HttpResponse | undefined {
    const entry = this.#entries.get(key);
    return entry && this.#clock() < entry.freshUntilMs ? entry.response : undefined;
  }

  /** The same, with how old it is by now: for those who keep it on. */
  aged(key: string): HttpResponse | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    const { response, freshUntilMs, maxAgeS } = entry;
    const age = Math.ceil(maxAgeS - (freshUntilMs - this.#clock()) / 1000);
    return { ...response, headers: { ...response.headers, age: String(Math.max(0, age)) } };
  }

  /** To ask whether the answer kept is still right. */
  etag(key: string): string | undefined {
    return this.#entries.get(key)?.etag;
  }

  /** @returns The answer to use: the one kept where the service says that it is still right. */
  take(key: string, response: HttpResponse): HttpResponse {
    const known = this.#entries.get(key);
    if (response.status === 304 && known) {
      // What it says now of how long it may be kept goes on to clients.
      const headers = { ...known.response.headers, age: undefined, ...response.headers };
      const merged = { ...known.response, headers };
      this.#keep(key, merged);
      return merged;
    }
    if (response.status === 200) this.#keep(key, response);
    else this.#entries.delete(key);
    return response;
  }

  /** After a change, nothing that was read before is known to be right. */
  clear(): void {
    this.#entries.clear();
  }

  #keep(key: string, { status, body, headers: all }: HttpResponse): void {
    // A cookie is for whoever caused the answer, once.
    const { 'set-cookie': _cookie, ...headers } = all;
    const response = { status, body, headers };
    const { isNoStore, isNoCache, maxAgeS = 0 } = parseCacheControl(headers['cache-control']);
    const etag = typeof headers['etag'] === 'string' ? headers['etag'] : undefined;
    const age = Number(headers['age'] ?? 0) || 0;
    const freshMs = isNoCache ? 0 : (maxAgeS - age) * 1000;
    if (isNoStore || variesByRequest(headers['vary']) || (freshMs <= 0 && etag === undefined)) {
      this.#entries.delete(key);
      return;
    }
    this.#entries.set(key, { response, etag, freshUntilMs: this.#clock() + freshMs, maxAgeS });
  }
}

function variesByRequest(vary: string | string[] | undefined): boolean {
  const names = String(vary ?? '')
    .toLowerCase()
    .split(',');
  return names.some((name) => name.trim() === '*' || namesOfRequests.has(name.trim()));
}
