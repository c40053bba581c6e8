/**
 * What is recorded of a request while it runs: spans, each the child of another. Stages, plan steps and calls begin
 * spans; who keeps them is not known here (`observe/traces/` exports them by OpenTelemetry).
 *
 * Most requests are not recorded: their `span` is null, and nothing but that is looked at.
 */

import { isGatewayError } from './errors.ts';

export type SpanValue = string | number | boolean | readonly string[];

export interface SpanOptions {
  /** `client`: a call to a service. Default `internal`. */
  readonly kind?: 'internal' | 'client';
  /** By the names of OpenTelemetry's conventions. Never a variable, a document, or a header that is not configured. */
  readonly attributes?: Readonly<Record<string, SpanValue>>;
}

/** Work that takes time. Implementations never throw. */
export interface RecordedSpan {
  /** 16 hex digits. Empty: it is not exported. */
  readonly id: string;
  /** A child, which may outlive it. */
  begin(name: string, options?: SpanOptions): RecordedSpan;
  set(name: string, value: SpanValue): void;
  /** It got what a span of another request made. */
  link(trace: RequestTrace): void;
  /**
   * @param code Of the table, or a service's own.
   * @param error Whatever was thrown; its messages may quote clients and services. Default: nothing was.
   */
  fail(code: string, error?: unknown): void;
  /** Call it once. */
  end(): void;
}

export interface RequestTrace {
  /** 32 hex digits. Null: requests are not traced. */
  readonly traceId: string | null;
  /** The same, where clients see it in errors. Null: they do not. */
  readonly publicId: string | null;
  /** Whether spans are exported, so that the id can be looked up. */
  readonly isSampled: boolean;
  /** The parent of spans that begin now. Null: nothing is recorded. Stages replace it for as long as they run. */
  span: RecordedSpan | null;
  /** The same trace with another parent, for what runs beside something else. */
  at(span: RecordedSpan): RequestTrace;
  /** Where it is now, as the header `traceparent` says it. Null: requests are not traced. */
  traceParent(): string | null;
  /**
   * Tells a service of the trace, whether it is recorded or not.
   *
   * @param sent Headers of the call, names in lower case.
   * @param span Of the call. Null: it has none.
   */
  addHeaders(sent: Record<string, string>, span: RecordedSpan | null): void;
}

class Untraced implements RequestTrace {
  readonly traceId = null;
  readonly publicId = null;
  readonly isSampled = false;
  span: RecordedSpan | null;

  constructor(span: RecordedSpan | null) {
    this.span = span;
  }

  at(span: RecordedSpan): RequestTrace {
    return new Untraced(span);
  }

  traceParent(): null {
    return null;
  }

  addHeaders(): void {
    // What the client said of its own trace is forwarded as other headers are.
  }
}

/** Of all requests where tracing is off. */
export const untraced: RequestTrace = new Untraced(null);

/** What a trace begins with. */
export interface TracedArrival {
  readonly method: string;
  /** The path that it came to, without what varies: `/graphql/:client`. */
  readonly route: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Of the connection's peer. */
  readonly address: string;
}

/** The trace of a request, in a span of its own that the front ends. Never throws. */
export type BeginTrace = (arrival: TracedArrival) => RequestTrace;

interface Traced {
  readonly trace: RequestTrace;
}

/** The request as something sees it that runs beside other parts of it. */
export function within<Request extends Traced>(request: Request, span: RecordedSpan): Request {
  return { ...request, trace: request.trace.at(span) };
}

/**
 * Runs a part of a request, which nothing else of the request runs beside, in a span that ends when `work` returns,
 * throws, or its promise settles.
 */
export function during<Result>({ trace }: Traced, name: string, work: () => Result): Result {
  const parent = trace.span;
  return parent ? recorded({ trace, parent, span: parent.begin(name) }, work) : work();
}

interface Recording {
  readonly trace: RequestTrace;
  readonly parent: RecordedSpan;
  readonly span: RecordedSpan;
}

function recorded<Result>({ trace, parent, span }: Recording, work: () => Result): Result {
  const end = (): void => {
    trace.span = parent;
    span.end();
  };
  const fail = (error: unknown): void => {
    failWith(span, error);
    end();
  };
  trace.span = span;
  let result: Result;
  try {
    result = work();
  } catch (error) {
    fail(error);
    throw error;
  }
  if (result instanceof Promise) result.then(end, fail);
  else end();
  return result;
}

/** @param error Whatever was thrown. */
export function failWith(span: RecordedSpan, error: unknown): void {
  span.fail(isGatewayError(error) ? error.code : 'INTERNAL_ERROR', error);
}
