/**
 * The events of the gateway: stages emit them, `observe/` and plugins listen. Work that takes time is a span, with an
 * event at its begin and at its end (`Spans`). An event without listeners costs one look-up.
 */

import { monotonicClock } from './clock.ts';

/** Spans by name, with the fields that are known at the begin and those known only at the end. */
export interface Spans {
  /** An HTTP request, until its response is sent. */
  request: { readonly begins: RequestBegins; readonly ends: RequestEnds };
  /** A stage of a request (`gateway.ts`). */
  stage: { readonly begins: StageBegins; readonly ends: SpanEnds };
  /** The planner prepares a new operation. */
  preparation: { readonly begins: PreparationBegins; readonly ends: SpanEnds };
  /** One call to a service; each attempt is a span. */
  call: { readonly begins: CallBegins; readonly ends: SpanEnds };
}

interface RequestBegins {
  readonly requestId: string;
}

interface StageBegins {
  readonly context: { readonly requestId: string };
  readonly stage: 'authenticate' | 'admit' | 'prepare' | 'authorize' | 'execute';
}

interface PreparationBegins {
  readonly operationName: string | null;
}

interface CallBegins {
  readonly requestId: string;
  readonly service: string;
  /** The address of the replica. Null: the service has no address. */
  readonly endpoint: string | null;
  /** 0 for the first attempt. */
  readonly attempt: number;
}

interface SpanEnds {
  /** Whatever was thrown. Null: success. */
  readonly error: unknown;
}

interface RequestEnds {
  readonly httpStatus: number;
  /** Of its folder. Null: not recognized, or no clients are configured. */
  readonly client: string | null;
  /** As the client states it. */
  readonly clientVersion: string | null;
  readonly operationName: string | null;
  readonly operationKind: string | null;
  /** Errors in the answer. */
  readonly errors: number;
  /** Of the first error. */
  readonly code: string | null;
}

type Began<Name extends keyof Spans> = Spans[Name]['begins'] & {
  /** The same at begin and end. Unique in this process. */
  readonly spanId: number;
};
type Ended<Name extends keyof Spans> = Began<Name> & Spans[Name]['ends'] & { readonly durationMs: number };

export type EndSpan<Name extends keyof Spans> = (ends: Spans[Name]['ends']) => void;

export interface GatewayEvents {
  requestBegan: Began<'request'>;
  requestEnded: Ended<'request'>;
  stageBegan: Began<'stage'>;
  stageEnded: Ended<'stage'>;
  preparationBegan: Began<'preparation'>;
  preparationEnded: Ended<'preparation'>;
  callBegan: Began<'call'>;
  callEnded: Ended<'call'>;
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
  /** Another graph is in use. */
  graphReplaced: { readonly hash: string };
  /** A changed graph is invalid; the previous one stays in use. */
  supergraphRefused: { readonly error: unknown };
  /** DNS gave no usable addresses of a service; the previous ones stay in use. Emitted once until it works again. */
  discoveryFailed: { readonly service: string; readonly url: string; readonly error: unknown };
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
  draining: { readonly delayMs: number; readonly timeoutMs: number };
  closed: Record<string, never>;
}

/** One authorization decision: who, what, by which rule, and why. */
export interface AuthorizationRecord {
  /** ISO 8601. */
  readonly time: string;
  readonly requestId: string;
  readonly subject: string | null;
  /** The recognized client; else the one that the credentials name. */
  readonly client: string | null;
  /** As the client states it. */
  readonly clientVersion: string | null;
  readonly provenBy: string;
  readonly operationName: string | null;
  /** SHA-256 of the document, in hex. Null: the request was refused before it was read. */
  readonly operationHash: string | null;
  /** Type.field, or a type. */
  readonly coordinates: readonly string[];
  /** Some of the paths in the answer. */
  readonly paths: readonly string[];
  readonly rule: string;
  readonly outcome: 'allow' | 'deny' | 'mask';
  readonly reason: string;
  /** False in a dry run: the client got the field nevertheless. */
  readonly enforced: boolean;
  /** Number of objects by outcome, if it depends on the object. */
  readonly objects?: { readonly allow: number; readonly deny: number; readonly mask: number };
  /** Those variables that the configuration lists. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

type Listener<Name extends keyof GatewayEvents> = (event: GatewayEvents[Name]) => void;
type Listeners = { [Name in keyof GatewayEvents]?: Array<Listener<Name>> };

export class Events {
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
    const began = `${name}Began` as const;
    const ended = `${name}Ended` as const;
    if (!this.#listeners[began] && !this.#listeners[ended]) return undefined;
    const startedAtMs = beganAtMs ?? monotonicClock();
    this.#spans += 1;
    const event = { ...begins, spanId: this.#spans };
    this.emit(began, event as GatewayEvents[typeof began]);
    return (ends) => {
      const durationMs = monotonicClock() - startedAtMs;
      this.emit(ended, { ...event, ...ends, durationMs } as GatewayEvents[typeof ended]);
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
type SpanOfWork = 'stage' | 'preparation' | 'call';

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
