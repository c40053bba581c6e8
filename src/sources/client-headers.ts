/**
 * What the answers of services say to the client: the headers that a rule lets through, and how long the whole answer
 * may be kept, which is as short as the strictest of them says.
 */

import { hopByHopHeaders } from '../config/transport.ts';
import type { RequestContext } from '../pipeline/request.ts';
import { isHeaderValue } from '../shared/header-values.ts';
import type { HttpHeaders } from './http-call.ts';
import { own } from '../shared/records.ts';

/** Names in lower case; `set-cookie` may have several values. */
export type ClientHeaders = Readonly<Record<string, readonly string[]>>;

/**
 * In the place of a header's name: the answer's `cache-control` counts, but does not by itself reach the client. No
 * header can have this name.
 */
export const countedCacheControl = ':cache-control';

/** The answer of a service that has no such header at all. */
export const notToBeKept: ClientHeaders = { [countedCacheControl]: ['no-store'] };

/** The headers of one answer that `respond` names. */
export function clientHeadersOf(headers: HttpHeaders, respond: readonly string[]): ClientHeaders {
  const passed: Record<string, readonly string[]> = {};
  for (const name of respond) {
    const value = own(headers, name);
    // An answer that says nothing of how long it may be kept may not be kept.
    if (name === 'cache-control' || name === countedCacheControl) passed[name] = [cacheControlOf(headers)];
    else if (value !== undefined && !hopByHopHeaders.has(name)) {
      passed[name] = (typeof value === 'string' ? [value] : value).filter(isHeaderValue);
    }
  }
  return passed;
}

/** Under this the headers for the client are kept in the request's `locals`. */
const headersKey = Symbol('headers for the client');

/** Adds those of one more answer: cookies beside one another, the strictest `cache-control`, else the last. */
export function addClientHeaders({ locals }: RequestContext, added: ClientHeaders): void {
  let headers = locals.get(headersKey) as Map<string, readonly string[]> | undefined;
  if (!headers) locals.set(headersKey, (headers = new Map()));
  for (const [name, values] of Object.entries(added)) {
    const present = headers.get(name);
    if (!present) headers.set(name, values);
    else if (name === 'set-cookie') headers.set(name, [...present, ...values]);
    else if (name === 'cache-control' || name === countedCacheControl) {
      headers.set(name, [strictestCacheControl(present[0] ?? '', values[0] ?? '')]);
    } else headers.set(name, values);
  }
}

export function clientHeadersFor({ locals }: RequestContext): Record<string, string | string[]> | undefined {
  const headers = locals.get(headersKey) as Map<string, readonly string[]> | undefined;
  if (!headers) return undefined;
  const counted = headers.get(countedCacheControl);
  if (counted) {
    const sent = headers.get('cache-control');
    headers.delete(countedCacheControl);
    if (sent) headers.set('cache-control', [strictestCacheControl(sent[0] ?? '', counted[0] ?? '')]);
  }
  return Object.fromEntries(
    [...headers].map(([name, values]) => [name, name === 'set-cookie' ? [...values] : (values.at(-1) ?? '')]),
  );
}

function cacheControlOf(headers: HttpHeaders): string {
  const parsed = parseCacheControl(headers['cache-control']);
  const age = Number(headers['age'] ?? 0);
  if (parsed.isNoStore || parsed.maxAgeS === undefined) return 'no-store';
  return textOf({ ...parsed, maxAgeS: Math.max(0, parsed.maxAgeS - (Number.isNaN(age) ? 0 : age)) });
}

export interface CacheControl {
  readonly isNoStore: boolean;
  readonly isNoCache: boolean;
  readonly isPublic: boolean;
  /** Undefined: it does not say. */
  readonly maxAgeS: number | undefined;
}

export function parseCacheControl(header: string | string[] | undefined): CacheControl {
  const directives = String(header ?? '')
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim());
  const maxAge = directives.find((directive) => /^max-age="?\d{1,10}"?$/.test(directive));
  return {
    isNoStore: directives.includes('no-store'),
    isNoCache: directives.some((directive) => /^no-cache($|=)/.test(directive)),
    isPublic: directives.includes('public'),
    maxAgeS: maxAge === undefined ? undefined : Number(maxAge.replace(/\D/g, '')),
  };
}

/** Of two values made here. */
export function strictestCacheControl(one: string, other: string): string {
  const a = parseCacheControl(one);
  const b = parseCacheControl(other);
  if (a.isNoStore || b.isNoStore) return 'no-store';
  return textOf({
    isNoStore: false,
    isNoCache: a.isNoCache || b.isNoCache,
    isPublic: a.isPublic && b.isPublic,
    maxAgeS: Math.min(a.maxAgeS ?? 0, b.maxAgeS ?? 0),
  });
}

function textOf({ isNoCache, isPublic, maxAgeS = 0 }: CacheControl): string {
  return [isNoCache ? 'no-cache' : '', `max-age=${maxAgeS}`, isPublic ? 'public' : 'private']
    .filter((part) => part !== '')
    .join(', ');
}
