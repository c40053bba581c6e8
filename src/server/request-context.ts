/** What is known of a request by its headers alone. */

import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import { clientTimeoutMs } from './client-deadline.ts';
import type { RequestHead } from '../pipeline/request.ts';
import { plainAddress } from '../shared/addresses.ts';
import { Cancellation } from '../shared/cancellation.ts';
import { monotonicClock } from '../shared/clock.ts';

export interface RequestHeadOptions {
  readonly requestId: string;
  /** Of the connection. */
  readonly clientAddress: string;
  /** Headers that every service gets, unless its own rules say otherwise (`sources/headers/`); in lower case. */
  readonly forward: readonly string[];
  readonly timeoutMs: number;
}

/** Ids of this process, which no other has: a counter behind it costs less than randomness for each request. */
const ownPrefix = randomBytes(12).toString('hex');
let ownCount = 0;

const acceptableId = /^[A-Za-z0-9_.:-]{1,128}$/;

/** The client's own, where it is one that can stand in a log; else a new one. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id'];
  if (typeof given === 'string' && acceptableId.test(given)) return given;
  ownCount += 1;
  return `${ownPrefix}-${ownCount.toString(36)}`;
}

export function requestHead(
  headers: IncomingHttpHeaders,
  { requestId, clientAddress, forward, timeoutMs }: RequestHeadOptions,
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
    locals: new Map(),
  };
}
