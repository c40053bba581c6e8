/**
 * The events of the gateway: stages emit them, `observe/` and plugins listen. Work that takes time is a span, with an
 * event at its begin and at its end (`Spans`). An event without listeners costs one look-up.
 */

import type { AuthorizationRecord } from './authorization-record.ts';
import { monotonicClock } from './clock.ts';
import { spanKinds, type Began, type Ended, type EndSpan, type Spans } from './event-spans.ts';
import type { AnswerSent, OperationPrepared } from './operation-events.ts';
import { Readings } from './readings.ts';

export interface GatewayEvents {
  requestBegan: Began<'request'>;
  requestEnded: Ended<'request'>;
  preparationBegan: Began<'preparation'>;
  preparationEnded: Ended<'preparation'>;
  callBegan: Began<'call'>;
  callEnded: Ended<'call'>;
  /** A response that is no answer to a GraphQL request: a health check, GraphiQL, a malformed request. */
  otherResponseSent: {
    readonly method: string;
    readonly route: string;
    readonly httpStatus: number;
    /** Of its error. Null: there is none. */
    readonly code: string | null;
    readonly durationMs: number;
  };
  operationPrepared: OperationPrepared;
  answerSent: AnswerSent;
  /** An answer has field errors. */
  fieldsFailed: {
    readonly requestId: string;
    readonly errors: ReadonlyArray<{
      readonly code: string;
      readonly message: string;
      readonly service?: string;
      readonly path?: ReadonlyArray<string | number>;
      /** Whether code and message are a service's. */
      readonly fromBackend: boolean;
      readonly cause?: unknown;
    }>;
  };
  /** An answer has fallback values for services that are unavailable. */
  fallbacksServed: {
    readonly requestId: string;
    readonly fallbacks: ReadonlyArray<{
      readonly path: ReadonlyArray<string | number>;
      readonly service: string;
      readonly source: 'declared' | 'stale';
    }>;
  };
  /** Credentials were checked. Not emitted where authentication is not configured. */
  requestAuthenticated: {
    /** What proved who sent the request (`none`: nobody did), or how it failed. */
    readonly outcome:
      | 'none'
      | 'jwt'
      | 'introspection'
      | 'api-key'
      | 'certificate'
      | 'trusted-proxy'
      | 'refused'
      | 'unavailable';
  };
  /** An operation was looked up in the cache of prepared operations. */
  operationLookedUp: { readonly found: 'hit' | 'shape' | 'miss' };
  /** The whole request was refused. `error` is whatever was thrown: a `GatewayError` unless it is a defect. */
  requestRefused: { readonly requestId: string; readonly error: unknown };
  /** An unexpected error in the gateway itself: a bug, worth an alert. */
  defect: { readonly where: string; readonly requestId: string | null; readonly error: unknown };
  /** The keys of an issuer could not be fetched, or a token introspection failed. */
  identityProviderFailed: { readonly issuer: string; readonly reason: string };
  /** The listener's certificate, the authorities of client certificates or the signing keys were replaced. */
  credentialsReplaced: {
    /** Expiry of the certificate; ISO 8601. */
    readonly validUntil: string | null;
    /** The `kid` of the key that signs propagated identity. */
    readonly signsWith: string | null;
  };
  /** The files on disk are invalid; the previous credentials stay in use. */
  credentialsRefused: { readonly error: unknown };
  /**
   * API keys or revocations could not be read or written; the cached ones stay in use. Emitted once until it works
   * again.
   */
  authDataFailed: { readonly what: string; readonly place: string; readonly reason: string };
  /** The process is overloaded (1: queries are refused, 2: all requests are), or no longer (0). */
  overloadChanged: { readonly level: 0 | 1 | 2; readonly lagMs: number; readonly heapShare: number };
  /** Connections were closed because clients did not read their responses; at most once a second. */
  unreadAnswersDropped: {
    readonly connections: number;
    readonly bytes: number;
    /** Connections with responses that are still unread. */
    readonly waiting: number;
  };
  /** Connections were closed because there were too many, by their state; at most once a second. */
  connectionsShed: {
    readonly silent: number;
    readonly idle: number;
    readonly incomplete: number;
    /** New connections. */
    readonly refused: number;
    readonly open: number;
  };
  /** A request names a client that its credentials do not prove, or two different ones. It was refused. */
  clientMismatched: {
    readonly requestId: string;
    readonly principal: {
      readonly subject: string | null;
      readonly client: string | null;
      readonly provenBy: string;
    };
    /** Configured clients alone, and how the request named them. */
    readonly statements: ReadonlyArray<{
      readonly by: 'credentials' | 'path' | 'host' | 'header';
      readonly client: string;
    }>;
  };
  /** Other client folders are in use. */
  clientsReplaced: { readonly changed: readonly string[]; readonly removed: readonly string[] };
  /** A changed client folder is invalid; its previous state stays in use. Null: the folder of all clients is. */
  clientRefused: { readonly client: string | null; readonly error: unknown };
  /** An authorization decision. Of those that allow, a sample. */
  authorizationDecided: AuthorizationRecord;
  supergraphLoaded: {
    readonly hash: string;
    readonly subgraphs: readonly string[];
    readonly durationMs: number;
  };
  /** Operations of an earlier process were prepared before this one serves. */
  operationsWarmed: {
    readonly operations: number;
    /** Too many, or there was no time. */
    readonly leftOut: number;
    /** They were asked of the same supergraph. */
    readonly sameGraph: boolean;
    readonly durationMs: number;
  };
  /** `planning.operationsFile` */
  operationsFileFailed: {
    readonly file: string;
    readonly action: 'read' | 'written';
    readonly reason: string;
  };
  /** Another graph is in use. */
  graphReplaced: { readonly hash: string };
  /** A changed graph is invalid; the previous one stays in use. */
  supergraphRefused: { readonly error: unknown };
  /** DNS gave no usable addresses of a service; the previous ones stay in use. Emitted once until it works again. */
  discoveryFailed: { readonly service: string; readonly url: string; readonly error: unknown };
  /** A limit counted a request, or would have refused it. Emitted for each policy of each request: listen briefly. */
  limitChecked: {
    readonly requestId: string;
    /** Of its folder, or as credentials name it. */
    readonly client: string | null;
    readonly policy: string;
    readonly limit: number;
    readonly remaining: number;
    readonly isExceeded: boolean;
    /** False: the policy only measures. */
    readonly isEnforced: boolean;
  };
  /** A limit that only measures would have refused this request. */
  limitMeasured: {
    readonly requestId: string;
    readonly client: string | null;
    /** Name of a policy, or of an option of `limits`. */
    readonly limit: string;
    readonly max: number;
    readonly actual: number | null;
  };
  /** Limits are counted by the shared store, or by this process alone because the store is unavailable. */
  limitStoreChanged: { readonly state: 'shared' | 'local'; readonly reason: string };
  /** The shared store was connected or lost. `address` has no password. */
  storeChanged: {
    readonly address: string;
    readonly state: 'connected' | 'lost';
    readonly reason: string;
  };
  /** A circuit breaker changed state. `replica` is null for the breaker of the whole service. */
  breakerChanged: {
    readonly service: string;
    readonly replica: string | null;
    readonly from: string;
    readonly to: string;
    readonly reason: string;
    readonly openMs: number;
  };
  /** A call is retried, after a delay. */
  callRetried: {
    readonly service: string;
    readonly requestId: string;
    readonly attempt: number;
    readonly outcome: string;
    readonly delayMs: number;
  };
  /** A hedged request: a second attempt began while the first was in flight. */
  callHedged: { readonly service: string; readonly requestId: string; readonly afterMs: number };
  /** A loader sent keys that were requested one by one in a batch. */
  batchLoaded: {
    readonly service: string;
    readonly loader: string;
    readonly requestId: string;
    /** Distinct. */
    readonly keys: number;
    readonly calls: number;
  };
  /** A request joined a call of another one that was in flight, instead of sending its own. */
  callShared: { readonly service: string; readonly requestId: string };
  /** A request got the answer of an identical one that was in flight. */
  requestShared: { readonly requestId: string };
  /** A resilience policy refused a call. */
  callRefused: { readonly service: string; readonly reason: 'breaker open' | 'queue full' | 'queue wait' };
  /** A worker process serves requests. */
  workerStarted: { readonly worker: number; readonly pid: number };
  /** A worker process cannot start. */
  workerFailed: { readonly worker: number; readonly error: unknown };
  /** A worker process ended unexpectedly, and is restarted. */
  workerEnded: {
    readonly worker: number;
    readonly pid: number;
    readonly code: number | null;
    readonly signal: string | null;
    readonly restartInMs: number;
  };
  listening: { readonly url: string };
  /** Spans never reached their receiver: too many waited, or an export failed. */
  spansDropped: {
    readonly spans: number;
    readonly reason: 'queue full' | 'export failed';
    readonly error: unknown;
  };
  /** Metrics could not be sent to the receiver; emitted once until it works again. */
  metricsPushFailed: { readonly reason: string };
  metricsListening: {
    readonly url: string;
    /** The default port is in use, so this is another one. */
    readonly isOtherPort: boolean;
  };
  draining: { readonly delayMs: number; readonly timeoutMs: number };
  closed: Record<string, never>;
}

type Listener<Name extends keyof GatewayEvents> = (event: GatewayEvents[Name]) => void;
type Listeners = { [Name in keyof GatewayEvents]?: Array<Listener<Name>> };

export class Events {
  /** What can be read at any time, beside the events. */
  readonly readings = new Readings();
  readonly #listeners: Listeners = {};
  #spans = 0;

  /** @returns A function that unsubscribes. */
  on<Name extends keyof GatewayEvents>(name: Name, listener: Listener<Name>): () => void {
    const all = this.#listeners as Record<Name, Array<Listener<Name>> | undefined>;
    // A new array for each change, because `emit` may be iterating the current one.
    all[name] = [...(all[name] ?? []), listener];
    return () => {
      const others = all[name]?.filter((other) => other !== listener) ?? [];
      all[name] = others.length > 0 ? others : undefined;
    };
  }

  /** For events that cost something to make. */
  hasListeners(name: keyof GatewayEvents): boolean {
    return this.#listeners[name] !== undefined;
  }

  emit<Name extends keyof GatewayEvents>(name: Name, event: GatewayEvents[Name]): void {
    const listeners = this.#listeners[name];
    if (listeners) for (const listener of listeners) listener(event);
  }

  /**
   * @param beganAtMs By `monotonicClock`. Default: now.
   * @returns A function that ends the span; undefined if nothing listens.
   */
  begin<Name extends keyof Spans>(
    name: Name,
    begins: Spans[Name]['begins'],
    beganAtMs?: number,
  ): EndSpan<Name> | undefined {
    const { began, ended, endedEvent } = spanKinds[name];
    if (!this.#listeners[began] && !this.#listeners[ended]) return undefined;
    const startedAtMs = beganAtMs ?? monotonicClock();
    this.#spans += 1;
    const spanId = this.#spans;
    if (this.#listeners[began]) this.emit(began, { ...begins, spanId } as GatewayEvents[typeof began]);
    return (ends) => {
      const durationMs = monotonicClock() - startedAtMs;
      this.emit(ended, endedEvent(begins, ends, { spanId, durationMs }) as GatewayEvents[typeof ended]);
    };
  }

  /** Runs `work` in a span, which ends when it returns, throws, or its promise settles. */
  during<Name extends keyof Spans, Result>(
    name: Name & SpanOfWork,
    begins: Spans[Name]['begins'],
    work: () => Result,
  ): Result {
    const end = this.begin(name, begins) as EndSpan<SpanOfWork> | undefined;
    return end ? untilEnded(end, work) : work();
  }
}

/** Spans whose end has no fields but the error. */
type SpanOfWork = 'preparation';

function untilEnded<Result>(end: EndSpan<SpanOfWork>, work: () => Result): Result {
  let result: Result;
  try {
    result = work();
  } catch (error) {
    end({ error });
    throw error;
  }
  if (!(result instanceof Promise)) {
    end({ error: null });
    return result;
  }
  result.then(
    () => end({ error: null }),
    (error: unknown) => end({ error }),
  );
  return result;
}
