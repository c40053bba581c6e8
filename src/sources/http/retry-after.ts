/** Reads `Retry-After`: seconds or a date. */

import type { HttpResponse } from './exchange.ts';

/** What a policy is told of it; nothing where the header is absent or unreadable. */
export function retryAfterOf({ headers }: HttpResponse): { readonly retryAfterMs?: number } {
  const value = headers['retry-after'];
  if (typeof value !== 'string') return {};
  if (/^\d{1,6}$/.test(value)) return { retryAfterMs: Number(value) * 1000 };
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? {} : { retryAfterMs: Math.max(0, atMs - Date.now()) };
}
