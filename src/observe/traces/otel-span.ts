/** A span that OpenTelemetry's SDK keeps and exports. */

import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace as otelTrace,
  TraceFlags,
  type Span,
  type Tracer,
} from '@opentelemetry/api';

import { monotonicClock } from '../../shared/clock.ts';
import { cutText } from '../../shared/cut-text.ts';
import { errorCodes, isCodeName, isErrorCode } from '../../shared/errors.ts';
import type { RecordedSpan, RequestTrace, SpanOptions, SpanValue } from '../../shared/trace.ts';
import { failureText } from '../log/reasons.ts';

export interface SpanMaker {
  readonly tracer: Tracer;
  /** Withholds what services say. */
  readonly isRedacted: boolean;
}

/** Clients choose some values, such as the name of an operation. */
export const attributeCharsMax = 256;
const messageCharsMax = 1024;

export class OtelSpan implements RecordedSpan {
  readonly #maker: SpanMaker;
  readonly #span: Span;
  readonly #epochMs: number;
  #hasFailed = false;

  /** @param epochMs When `monotonicClock` was 0, by the wall clock as it was when the trace began. */
  constructor(maker: SpanMaker, span: Span, epochMs: number) {
    this.#maker = maker;
    this.#span = span;
    this.#epochMs = epochMs;
  }

  get id(): string {
    return this.#span.spanContext().spanId;
  }

  begin(name: string, { kind, attributes = {} }: SpanOptions = {}): RecordedSpan {
    const options = {
      kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL,
      startTime: this.#nowMs(),
      attributes: attributes as Record<string, string | number | boolean | string[]>,
    };
    const parent = otelTrace.setSpan(ROOT_CONTEXT, this.#span);
    return new OtelSpan(this.#maker, this.#maker.tracer.startSpan(name, options, parent), this.#epochMs);
  }

  set(name: string, value: SpanValue): void {
    this.#span.setAttribute(name, typeof value === 'object' ? [...value] : value);
  }

  link({ traceId, isSampled, span }: RequestTrace): void {
    this.#span.setAttribute('tributary.shared', true);
    if (traceId === null || !span || !isSampled) return;
    this.#span.addLink({ context: { traceId, spanId: span.id, traceFlags: TraceFlags.SAMPLED } });
  }

  fail(code: string, error?: unknown): void {
    // What comes later follows from it.
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#span.setAttribute('error.type', isCodeName(code) ? code : 'SERVICE_ERROR');
    const message = error === undefined || !isOurs(code) ? undefined : this.#messageOf(error);
    this.#span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) });
  }

  end(): void {
    this.#span.end(this.#nowMs());
  }

  /** The SDK's own times are those of the wall clock, in whole milliseconds, and may go back within a trace. */
  #nowMs(): number {
    return this.#epochMs + monotonicClock();
  }

  #messageOf(error: unknown): string | undefined {
    const text = failureText(error, this.#maker.isRedacted);
    return text && cutText(text, messageCharsMax);
  }
}

/** The words of other errors repeat what the client sent. */
function isOurs(code: string): boolean {
  return isErrorCode(code) && errorCodes[code].httpStatus >= 500 && code !== 'INTERNAL_ERROR';
}
