/** What ends a call over HTTP/1.1 where no error of the system says it. Messages are for the log. */

/**
 * - `connect-timeout`: there was no connection in time, and nothing was sent.
 * - `lost`: the connection ended before the answer did.
 * - `not-http`: the answer breaks the rules of HTTP/1.1, or is more than is read of one.
 * - `not-sendable`: no request can be made of what was given. A defect of ours.
 * - `closed`: the pool takes no calls any more.
 */
export type Http1Fault = 'connect-timeout' | 'lost' | 'not-http' | 'not-sendable' | 'closed';

export class Http1Error extends Error {
  override readonly name = 'Http1Error';
  readonly fault: Http1Fault;

  constructor(fault: Http1Fault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

export function notHttp(message: string): Http1Error {
  return new Http1Error('not-http', message);
}
