/** Asks an identity provider: no redirect, a deadline, a byte cap. Nothing it says is part of an error. */

import { isRecord } from '../shared/records.ts';
import { utf8Text } from '../shared/utf8.ts';

export type Fetch = (url: string, request: RequestInit) => Promise<Response>;

export interface FetchLimits {
  readonly timeoutMs: number;
  readonly responseBytesMax: number;
}

/** @throws {Error} With a reason for the log: the address that was asked, without its query, and what went wrong. */
export async function fetchJson(
  ...asked: Parameters<typeof askFor>
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await askFor(...asked);
  } catch (cause) {
    const { origin, pathname } = new URL(asked[1]);
    throw new Error(`${origin}${pathname}: ${reasonOf(cause)}`, { cause });
  }
}

/** Another status than 200. */
class OtherStatus extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the identity provider answered with status ${status}`);
    this.status = status;
  }
}

/** The status that was answered instead of 200, of what `fetchJson` threw; undefined: there was no such answer. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && error.cause instanceof OtherStatus ? error.cause.status : undefined;
}

/** What the network says stands behind a message that says only that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause, message } = error;
  const isCoded = cause instanceof Error && 'code' in cause && typeof cause.code === 'string';
  return isCoded ? `${message} (${String(cause.code)})` : message;
}

async function askFor(
  fetch: Fetch,
  url: string,
  request: RequestInit,
  { timeoutMs, responseBytesMax }: FetchLimits,
): Promise<Readonly<Record<string, unknown>>> {
  // Also covers the body: a provider that sends a byte a second is as good as down.
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, { ...request, redirect: 'manual', signal });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new OtherStatus(response.status);
  }
  const body = await cappedBody(response, responseBytesMax);
  let value: unknown;
  try {
    value = JSON.parse(utf8Text(body));
  } catch {
    throw new Error('the identity provider answered with something that is not JSON in UTF-8');
  }
  if (!isRecord(value)) throw new Error('the identity provider answered with JSON that is no object');
  return value;
}

async function cappedBody(response: Response, bytesMax: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Error(`the identity provider's answer is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
