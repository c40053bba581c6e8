/** Fetches JSON from an identity provider: no redirects, a deadline, a size limit. Errors never quote its response. */

import { isRecord } from '../shared/records.ts';
import { utf8Text } from '../shared/utf8.ts';

export type Fetch = (url: string, request: RequestInit) => Promise<Response>;

export interface FetchLimits {
  readonly timeoutMs: number;
  readonly responseBytesMax: number;
}

export interface FetchJsonOptions {
  /** Default: a GET request. */
  readonly request?: RequestInit;
  readonly limits: FetchLimits;
}

/** @throws {Error} With a reason for the log: the URL without its query, and what went wrong. */
export async function fetchJson(
  fetch: Fetch,
  url: string,
  options: FetchJsonOptions,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await fetchObject(fetch, url, options);
  } catch (cause) {
    const { origin, pathname } = new URL(url);
    throw new Error(`${origin}${pathname}: ${reasonOf(cause)}`, { cause });
  }
}

/** A status other than 200. */
class UnexpectedStatus extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the identity provider answered with status ${status}`);
    this.status = status;
  }
}

/** The status of the response, if `fetchJson` threw `error` because of it. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && error.cause instanceof UnexpectedStatus ? error.cause.status : undefined;
}

/** `fetch` only says that it failed: the code of the network error is in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause, message } = error;
  const isCoded = cause instanceof Error && 'code' in cause && typeof cause.code === 'string';
  return isCoded ? `${message} (${String(cause.code)})` : message;
}

async function fetchObject(
  fetch: Fetch,
  url: string,
  { request, limits: { timeoutMs, responseBytesMax } }: FetchJsonOptions,
): Promise<Readonly<Record<string, unknown>>> {
  // Covers the body too: a provider that sends it too slowly is unavailable.
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, { ...request, redirect: 'manual', signal });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new UnexpectedStatus(response.status);
  }
  const body = await cappedBody(response, responseBytesMax);
  let value: unknown;
  try {
    value = JSON.parse(utf8Text(body));
  } catch {
    throw new Error('the identity provider sent a body that is not JSON in UTF-8');
  }
  if (!isRecord(value)) throw new Error('the identity provider sent JSON that is not an object');
  return value;
}

async function cappedBody(response: Response, bytesMax: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > bytesMax)
      throw new Error(`the identity provider's response is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
