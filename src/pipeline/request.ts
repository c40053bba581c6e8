/** The client's request, as every stage and every call to a service sees it. Types only. */

import type { Cancellation } from '../shared/cancellation.ts';
import type { RequestTrace } from '../shared/trace.ts';
import type { Client } from './client.ts';
import type { DebugRecording } from './debug.ts';
import type { Principal } from './principal.ts';

/** A request before authentication. */
export interface RequestHead {
  /** Unique per request; `x-request-id` of the response and of every log line. */
  readonly requestId: string;
  /** Peer address of the connection; IPv4-mapped IPv6 addresses are converted to IPv4. */
  readonly clientAddress: string;
  /**
   * `x-forwarded-for` as received. Authentication removes it from `headers`, because services would trust it. It
   * identifies the client only if a trusted proxy sent it.
   */
  readonly forwardedFor?: string | string[] | undefined;
  /** The client's headers, names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The headers that are forwarded to services (config `headers.forward`). */
  readonly forwardHeaders: Readonly<Record<string, string>>;
  /** Deadline of the whole request, in ms of `monotonicClock`. */
  readonly deadlineAtMs: number;
  readonly cancellation: Cancellation;
  /** Which spans it is recorded in, if at all. */
  readonly trace: RequestTrace;
  /** Its answer tells what happened, because a debug token asks for it. Absent: it does not. */
  readonly debug?: DebugRecording;
  /** Objects with the lifetime of this request, such as loaders; keyed by owner. */
  readonly locals: Map<unknown, unknown>;
}

/** A request after authentication; the principal may be anonymous. */
export interface AuthenticatedRequest extends RequestHead {
  readonly principal: Principal;
  /** Headers for subgraphs with their own rule of identity propagation (config `auth.identity.subgraphs`). */
  readonly forwardByRule?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** For subgraphs with the rule `signed`: a token that the gateway signs for each of them. */
  readonly signedFor?: (subgraph: string) => Pick<RequestContext, 'forwardHeaders' | 'signedAs'>;
  /** The header with such a token, and its principal: tokens of one principal are renewed over time. */
  readonly signedAs?: { readonly header: string; readonly who: string };
}

/** A request whose client is recognized, as every later stage and every call to a service sees it. */
export interface RequestContext extends AuthenticatedRequest {
  readonly client: Client;
}
