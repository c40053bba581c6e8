/** What proves who a request is from, and the ways to it. */

import type { IncomingMessage } from 'node:http';

import type { Principal } from '../pipeline/principal.ts';
import { GatewayError } from '../shared/errors.ts';

export interface Proof {
  readonly principal: Principal;
  /** The token as it came, where it was one: for backends that want to see it themselves. */
  readonly token?: string;
}

export interface IncomingRequest {
  readonly http: Pick<IncomingMessage, 'headers' | 'rawHeaders' | 'socket'>;
  /** Of the connection, IPv4 in IPv4 form. */
  readonly clientAddress: string;
}

/** Whether a header came twice. Node joins some of those, and keeps only the first of others. */
export function isRepeated({ rawHeaders }: IncomingRequest['http'], name: string): boolean {
  let times = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const raw = rawHeaders[i];
    if (raw?.length === name.length && raw.toLowerCase() === name) times += 1;
  }
  return times > 1;
}

/**
 * One way to prove it.
 *
 * @returns undefined where the request shows no proof of this kind.
 * @throws {GatewayError} `UNAUTHENTICATED` where it shows one that does not hold.
 */
export type ProveNow = (request: IncomingRequest) => Proof | undefined;

/**
 * What a client hears is the same for whatever is wrong, so that nobody learns how far a forgery got.
 *
 * @param reason For the log; never contains what was shown.
 */
export function refusal(reason: string): GatewayError {
  return new GatewayError('UNAUTHENTICATED', 'The credentials are not valid: get new ones', {
    cause: new Error(reason),
  });
}

/** @param isOther Whether there is an Authorization header, of which nothing counts here. */
export function missing(isOther: boolean): GatewayError {
  const reason = isOther
    ? 'the request shows no credentials of a kind that is configured; its Authorization header has another scheme'
    : 'the request shows no credentials';
  return new GatewayError('UNAUTHENTICATED', 'Credentials are required', {
    credentialsMissing: true,
    cause: new Error(reason),
  });
}

/** Nothing is wrong with what was shown: whoever could tell does not answer. */
export function unavailable(reason: string): GatewayError {
  return new GatewayError('AUTHENTICATION_UNAVAILABLE', 'Credentials cannot be checked at the moment', {
    public: { retryAfter: 1 },
    cause: new Error(reason),
  });
}
