/** Verified credentials, and the errors of requests whose credentials are missingCredentials or invalid. */

import type { IncomingMessage } from 'node:http';

import type { Principal } from '../pipeline/principal.ts';
import { GatewayError } from '../shared/errors.ts';

export interface Proof {
  readonly principal: Principal;
  /** The access token as received, for backends that verify it themselves. */
  readonly token?: string;
}

export interface IncomingRequest {
  readonly http: Pick<IncomingMessage, 'headers' | 'rawHeaders' | 'socket'>;
  /** Address of the connection; an IPv4-mapped IPv6 address as IPv4. */
  readonly clientAddress: string;
}

/** Whether a header was sent more than once: Node joins the values of some headers and drops those of others. */
export function isRepeated({ rawHeaders }: IncomingRequest['http'], name: string): boolean {
  let occurrences = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const raw = rawHeaders[i];
    if (raw?.length === name.length && raw.toLowerCase() === name) occurrences += 1;
  }
  return occurrences > 1;
}

/**
 * Verifies one kind of credentials.
 *
 * @returns Undefined if the request has no credentials of this kind.
 * @throws {GatewayError} `UNAUTHENTICATED` if they are invalid.
 */
export type ProveSync = (request: IncomingRequest) => Proof | undefined;

/**
 * Invalid credentials. The client gets the same message for every reason, so that it cannot probe the checks.
 *
 * @param reason For the log; never contains the credentials.
 */
export function invalidCredentials(reason: string): GatewayError {
  return new GatewayError('UNAUTHENTICATED', 'The credentials are not valid: get new ones', {
    cause: new Error(reason),
  });
}

/** @param hasOtherScheme Whether the request has an Authorization header, but of a scheme that is not configured. */
export function missingCredentials(hasOtherScheme: boolean): GatewayError {
  const reason = hasOtherScheme
    ? 'the request has no credentials of a configured kind; its Authorization header has another scheme'
    : 'the request has no credentials';
  return new GatewayError('UNAUTHENTICATED', 'Credentials are required', {
    credentialsMissing: true,
    cause: new Error(reason),
  });
}

/** The credentials cannot be verified because an identity provider or a store is unavailable. */
export function authenticationUnavailable(reason: string): GatewayError {
  return new GatewayError(
    'AUTHENTICATION_UNAVAILABLE',
    'Credentials cannot be verified at the moment; try again',
    {
      public: { retryAfter: 1 },
      cause: new Error(reason),
    },
  );
}
