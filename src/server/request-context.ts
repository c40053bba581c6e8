/** Makes the head of a request from its headers: request id, deadline, forwarded headers. */

import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { clientTimeoutMs } from './client-deadline.ts';
import type { RequestHead } from '../pipeline/request.ts';
import { plainAddress } from '../shared/addresses.ts';
import { Cancellation } from '../shared/cancellation.ts';
import { monotonicClock } from '../shared/clock.ts';
import { emptyRecord } from '../shared/records.ts';
import type { RequestTrace } from '../shared/trace.ts';

export interface RequestHeadOptions {
  readonly requestId: string;
  /** Address of the connection's peer. */
  readonly clientAddress: string;
  /** Headers that every service gets, unless its own rules say otherwise (`sources/headers/`); in lower case. */
  readonly forward: readonly string[];
  readonly timeoutMs: number;
  readonly trace: RequestTrace;
}

/** Unique to this process: a prefix and a counter cost less than a random id per request. */
const idPrefix = randomBytes(12).toString('hex');
let idCount = 0;

const safeId = /^[A-Za-z0-9_.:-]{1,128}$/;

/** The client's `x-request-id` if it is safe to log; else a new id. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const header = headers['x-request-id'];
  if (typeof header === 'string' && safeId.test(header)) return header;
  idCount += 1;
  return `${idPrefix}-${idCount.toString(36)}`;
}

export function requestHead(
  received: IncomingHttpHeaders,
  { requestId, clientAddress, forward, timeoutMs, trace }: RequestHeadOptions,
): RequestHead {
  const headers = endToEnd(received);
  const forwardHeaders: Record<string, string> = {};
  for (const name of forward) {
    const value = headers[name];
    if (typeof value === 'string') forwardHeaders[name] = value;
  }
  return {
    requestId,
    clientAddress: plainAddress(clientAddress),
    forwardedFor: received['x-forwarded-for'],
    headers,
    forwardHeaders,
    deadlineAtMs: monotonicClock() + Math.min(timeoutMs, clientTimeoutMs(headers)),
    cancellation: new Cancellation(),
    trace,
    locals: new Map(),
  };
}

const usualConnection: ReadonlySet<string> = new Set(['keep-alive', 'close', 'Keep-Alive']);

/**
 * Without the headers that the client's `connection` lists, which are for its own connection. Removed before
 * headers are added: what is sent to services, and what decides who may share an answer, is the same then.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
 */
export function endToEnd(headers: IncomingHttpHeaders): RequestHead['headers'] {
  const { connection } = headers;
  if (connection === undefined || usualConnection.has(connection)) return headers;
  const listed = new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
  const kept = emptyRecord<string | string[] | undefined>();
  for (const name in headers) if (!listed.has(name) && name !== 'connection') kept[name] = headers[name];
  return kept;
}
