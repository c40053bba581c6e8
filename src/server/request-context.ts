/** Makes the head of a request from its headers: request id, deadline, forwarded headers. */

import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { clientTimeoutMs } from './client-deadline.ts';
import type { RequestHead } from '../pipeline/request.ts';
import { plainAddress } from '../shared/addresses.ts';
import { Cancellation } from '../shared/cancellation.ts';
import { monotonicClock } from '../shared/clock.ts';
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
  headers: IncomingHttpHeaders,
  { requestId, clientAddress, forward, timeoutMs, trace }: RequestHeadOptions,
): RequestHead {
  const forwardHeaders: Record<string, string> = {};
  for (const name of forward) {
    const value = headers[name];
    if (typeof value === 'string') forwardHeaders[name] = value;
  }
  return {
    requestId,
    clientAddress: plainAddress(clientAddress),
    forwardedFor: headers['x-forwarded-for'],
    headers,
    forwardHeaders,
    deadlineAtMs: monotonicClock() + Math.min(timeoutMs, clientTimeoutMs(headers)),
    cancellation: new Cancellation(),
    trace,
    locals: new Map(),
  };
}
