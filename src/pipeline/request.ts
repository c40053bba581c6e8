/** What every stage and every backend call may know about the client's request. Types only. */

import type { Cancellation } from '../shared/cancellation.ts';
import type { Principal } from './principal.ts';

/** A request before anybody knows who it is from. */
export interface RequestHead {
  /** Unique per request; `x-request-id` of the response and of every log line. */
  readonly requestId: string;
  /** Of the connection. IPv4 addresses in IPv6 form are in IPv4 form here. */
  readonly clientAddress: string;
  /**
   * `x-forwarded-for` as it came: authentication takes it out of `headers`, where backends would believe it. It says who
   * the client is only where a trusted proxy sent it.
   */
  readonly forwardedFor?: string | string[] | undefined;
  /** The client's headers, names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The allow-listed part of `headers`, ready to send to a backend (config `headers.forward`). */
  readonly forwardHeaders: Readonly<Record<string, string>>;
  /** When the whole request must be answered, in ms of `monotonicClock`. */
  readonly deadlineAtMs: number;
  readonly cancellation: Cancellation;
  /** Things that live exactly as long as this request, such as loaders; keyed by who owns them. */
  readonly locals: Map<unknown, unknown>;
}

/** A request of a client that is known, or known to be anonymous. */
export interface RequestContext extends RequestHead {
  readonly principal: Principal;
  /** Headers for subgraphs that learn who the request is from by another rule (config `auth.identity.subgraphs`). */
  readonly forwardByRule?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** For subgraphs that learn it from a token which the gateway signs for each of them (the rule `signed`). */
  readonly signedFor?: (subgraph: string) => Pick<RequestContext, 'forwardHeaders' | 'signedAs'>;
  /** The header with such a token, and of whom it is: tokens of one principal take turns. */
  readonly signedAs?: { readonly header: string; readonly who: string };
}
