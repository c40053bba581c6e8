/** Work that takes time, with an event at its begin and at its end: the fields of each. */

import type { Locals } from './operation-events.ts';

/** Spans by name, with the fields that are known at the begin and those known only at the end. */
export interface Spans {
  /** An HTTP request, until its response is sent. */
  request: { readonly begins: RequestBegins; readonly ends: RequestEnds };
  /** The planner prepares a new operation. */
  preparation: { readonly begins: PreparationBegins; readonly ends: SpanEnds };
  /** One call to a service; each attempt is a span. */
  call: { readonly begins: CallBegins; readonly ends: CallEnds };
}

interface RequestBegins {
  readonly requestId: string;
  readonly method: string;
  /** The path that it came to, without what varies: `/graphql/:client`. */
  readonly route: string;
  /** 32 hex digits. Null: it is not traced. */
  readonly traceId: string | null;
  /** Whether the spans of that trace are exported. */
  readonly isSampled: boolean;
}

/** Errors in an answer that have the same code and come from the same service. */
export interface ErrorCount {
  readonly code: string;
  /** Null: an error of the gateway itself. */
  readonly service: string | null;
  readonly count: number;
}

interface PreparationBegins {
  readonly operationName: string | null;
}

interface CallBegins {
  readonly requestId: string;
  readonly locals: Locals;
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

interface CallEnds extends SpanEnds {
  /** As the policies of the service see it (`resilience/outcome.ts`). */
  readonly outcome: string;
}

interface RequestEnds {
  /** Null: it was refused before it was read. */
  readonly locals: Locals | null;
  readonly httpStatus: number;
  /** Of its folder. Null: not recognized, or no clients are configured. */
  readonly client: string | null;
  /** As the client states it. */
  readonly clientVersion: string | null;
  readonly operationName: string | null;
  readonly operationKind: string | null;
  /** The errors of the answer, as its client sees them, in the order of the first of each. */
  readonly errorCounts: readonly ErrorCount[];
}

export type Began<Name extends keyof Spans> = Spans[Name]['begins'] & {
  /** The same at begin and end. Unique in this process. */
  readonly spanId: number;
};
export type Ended<Name extends keyof Spans> = Began<Name> &
  Spans[Name]['ends'] & { readonly durationMs: number };

export type EndSpan<Name extends keyof Spans> = (ends: Spans[Name]['ends']) => void;

interface SpanKind<Name extends keyof Spans> {
  readonly began: `${Name}Began`;
  readonly ended: `${Name}Ended`;
  readonly endedEvent: (
    begins: Spans[Name]['begins'],
    ends: Spans[Name]['ends'],
    span: { readonly spanId: number; readonly durationMs: number },
  ) => Ended<Name>;
}

/**
 * Written out, because it runs for every request: to copy objects field by field, or to put names together, costs more
 * than listeners do.
 */
export const spanKinds: { readonly [Name in keyof Spans]: SpanKind<Name> } = {
  request: {
    began: 'requestBegan',
    ended: 'requestEnded',
    endedEvent: (begins, ends, span) => ({
      requestId: begins.requestId,
      method: begins.method,
      route: begins.route,
      traceId: begins.traceId,
      isSampled: begins.isSampled,
      spanId: span.spanId,
      durationMs: span.durationMs,
      locals: ends.locals,
      httpStatus: ends.httpStatus,
      client: ends.client,
      clientVersion: ends.clientVersion,
      operationName: ends.operationName,
      operationKind: ends.operationKind,
      errorCounts: ends.errorCounts,
    }),
  },
  preparation: {
    began: 'preparationBegan',
    ended: 'preparationEnded',
    endedEvent: (begins, ends, span) => ({
      operationName: begins.operationName,
      spanId: span.spanId,
      durationMs: span.durationMs,
      error: ends.error,
    }),
  },
  call: {
    began: 'callBegan',
    ended: 'callEnded',
    endedEvent: (begins, ends, span) => ({
      requestId: begins.requestId,
      locals: begins.locals,
      service: begins.service,
      endpoint: begins.endpoint,
      attempt: begins.attempt,
      spanId: span.spanId,
      durationMs: span.durationMs,
      outcome: ends.outcome,
      error: ends.error,
    }),
  },
};
