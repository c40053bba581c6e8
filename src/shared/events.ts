/**
 * What happens in the gateway: stages emit, `observe/` and plugins listen. What takes time begins and ends (`Spans`).
 * An event without listeners costs one look-up.
 */

import { monotonicClock } from './clock.ts';

/** What takes time, by its name: what is known when it begins, and what only when it ends. */
export interface Spans {
  /** An HTTP request, until its answer is sent. */
  request: { readonly begins: RequestBegins; readonly ends: RequestEnds };
  /** A stage of a request (`gateway.ts`). */
  stage: { readonly begins: StageBegins; readonly ends: SpanEnds };
  /** The planner prepares an operation that is new to it. */
  preparation: { readonly begins: PreparationBegins; readonly ends: SpanEnds };
  /** One call of a service, each try by itself. */
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
  /** 0 for the first. */
  readonly attempt: number;
}

interface SpanEnds {
  /** Whatever was thrown. Null: nothing was. */
  readonly error: unknown;
}

interface RequestEnds {
  readonly httpStatus: number;
  readonly operationName: string | null;
  readonly operationKind: string | null;
  /** Errors in the answer. */
  readonly errors: number;
  /** Of the first error. */
  readonly code: string | null;
}

type Began<Name extends keyof Spans> = Spans[Name]['begins'] & {
  /** The same when it ends. Unique in this process. */
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
  /** An answer has these errors. */
  fieldsFailed: {
    readonly requestId: string;
    readonly errors: ReadonlyArray<{
      readonly code: string;
      readonly message: string;
      readonly service?: string;
      readonly path?: ReadonlyArray<string | number>;
      /** Its words are a backend's. */
      readonly fromBackend: boolean;
      readonly cause?: unknown;
    }>;
  };
  /** An answer has values that stand in for those of services that are out. */
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
  /** Something of ours failed: worth waking somebody. */
  defect: { readonly where: string; readonly requestId: string | null; readonly error: unknown };
  /** Keys of an issuer could not be fetched, or a token not be asked about. */
  identityProviderFailed: { readonly issuer: string; readonly reason: string };
  /** The certificate of the listener, whose client certificates count, or the signing keys are others now. */
  credentialsReplaced: {
    /** Of the certificate; ISO 8601. */
    readonly validUntil: string | null;
    /** The `kid` of the key that signs identity for backends. */
    readonly signsWith: string | null;
  };
  /** What is on disk is no good: what was there before stays. */
  credentialsRefused: { readonly error: unknown };
  /** Credentials of ours could not be read or written; what was known before goes on. Once until it works again. */
  authDataFailed: { readonly what: string; readonly place: string; readonly reason: string };
  /** The process has more to do than it can (1: queries are refused, 2: everything is), or no longer (0). */
  overloadChanged: { readonly level: 0 | 1 | 2; readonly lagMs: number; readonly heapShare: number };
  /** Answers that clients did not read, so that their connections were closed; at most once a second. */
  unreadAnswersDropped: {
    readonly connections: number;
    readonly bytes: number;
    /** Connections on which others wait. */
    readonly waiting: number;
  };
  /** Connections that were closed because there were too many, by what they did; at most once a second. */
  connectionsShed: {
    readonly silent: number;
    readonly idle: number;
    readonly incomplete: number;
    /** Newcomers. */
    readonly refused: number;
    readonly open: number;
  };
  /** Somebody was allowed or denied something. Those that were allowed: a sample. */
  authorizationDecided: AuthorizationRecord;
  supergraphLoaded: {
    readonly hash: string;
    readonly subgraphs: readonly string[];
    readonly durationMs: number;
  };
  /** Another graph is in place. */
  graphReplaced: { readonly hash: string };
  /** Another graph was no good: the one before stays. */
  supergraphRefused: { readonly error: unknown };
  /** DNS says nothing of use about a service: the addresses of before stay. Once until it does again. */
  discoveryFailed: { readonly service: string; readonly url: string; readonly error: unknown };
  /** The shared store is connected, or lost: once a change. `address` has no password. */
  storeChanged: {
    readonly address: string;
    readonly state: 'connected' | 'lost';
    readonly reason: string;
  };
  /** `replica` is null for the breaker of the whole service; a replica that is open gets no calls. */
  breakerChanged: {
    readonly service: string;
    readonly replica: string | null;
    readonly from: string;
    readonly to: string;
    readonly reason: string;
    readonly openMs: number;
  };
  /** A call is made again, after a wait. */
  callRetried: {
    readonly service: string;
    readonly requestId: string;
    readonly attempt: number;
    readonly outcome: string;
    readonly delayMs: number;
  };
  /** A second try of a call began while the first was under way. */
  callHedged: { readonly service: string; readonly requestId: string; readonly afterMs: number };
  /** Keys that were asked for one by one went to the service together. */
  batchLoaded: {
    readonly service: string;
    readonly loader: string;
    readonly requestId: string;
    /** Distinct. */
    readonly keys: number;
    readonly calls: number;
  };
  /** A policy let a call not through. */
  callRefused: { readonly service: string; readonly reason: 'breaker open' | 'queue full' | 'queue wait' };
  /** A worker process answers requests. */
  workerStarted: { readonly worker: number; readonly pid: number };
  /** A worker process cannot start. */
  workerFailed: { readonly worker: number; readonly error: unknown };
  /** A worker process has ended without being asked to by the end of the gateway. */
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

/** One decision about an operation: who, what, by which rule, and why. */
export interface AuthorizationRecord {
  /** ISO 8601. */
  readonly time: string;
  readonly requestId: string;
  readonly subject: string | null;
  readonly client: string | null;
  readonly provenBy: string;
  readonly operationName: string | null;
  /** Of the document, SHA-256 in hex. */
  readonly operationHash: string;
  /** Type.field, or a type. */
  readonly coordinates: readonly string[];
  /** Where in the answer; a few of them. */
  readonly paths: readonly string[];
  readonly rule: string;
  readonly outcome: 'allow' | 'deny' | 'mask';
  readonly reason: string;
  /** False in a dry run: the client got it all the same. */
  readonly enforced: boolean;
  /** How many objects had which outcome, where that depends on the object. */
  readonly objects?: { readonly allow: number; readonly deny: number; readonly mask: number };
  /** Those that the configuration lists. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

type Listener<Name extends keyof GatewayEvents> = (event: GatewayEvents[Name]) => void;
type Listeners = { [Name in keyof GatewayEvents]?: Array<Listener<Name>> };

export class Events {
  readonly #listeners: Listeners = {};
  #spans = 0;

  /** @returns Unsubscribes. */
  on<Name extends keyof GatewayEvents>(name: Name, listener: Listener<Name>): () => void {
    const all = this.#listeners as Record<Name, Array<Listener<Name>> | undefined>;
    // A list of its own for each change: one that is being told stays as it is.
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
   * @returns Ends it; undefined where nobody listens.
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

  /** The span of some work, which also a promise of it may end. */
  during<Name extends keyof Spans, Result>(
    name: Name & SpanOfWork,
    begins: Spans[Name]['begins'],
    work: () => Result,
  ): Result {
    const end = this.begin(name, begins) as EndSpan<SpanOfWork> | undefined;
    return end ? untilEnded(end, work) : work();
  }
}

/** Those of which nothing but an error is known when they end. */
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
