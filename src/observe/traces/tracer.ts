/**
 * Begins the trace of each request: to which trace it belongs, and whether it is recorded. Most are not, so that this
 * happens without a span of the SDK.
 */

import {
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  trace as otelTrace,
  TraceFlags,
  type Link,
  type SpanContext,
} from '@opentelemetry/api';
import { AlwaysOnSampler, BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { resourceFromAttributes } from '@opentelemetry/resources';

import type { TracesConfig } from '../../config/gateway/traces.ts';
import { monotonicClock } from '../../shared/clock.ts';
import type { BeginTrace, RecordedSpan, RequestTrace, TracedArrival } from '../../shared/trace.ts';
import { attributeCharsMax, OtelSpan, type SpanMaker } from './otel-span.ts';
import { ratioSampler } from './ratio.ts';
import { newSpanId, newTraceId } from './ids.ts';
import { Propagation, TracePosition, type RemoteParent, type TraceFacts } from './propagation.ts';

export interface TracerOptions extends Pick<
  TracesConfig,
  'sampleRatio' | 'callerSampledPerSecondMax' | 'propagation' | 'attributes' | 'serviceName' | 'resource'
> {
  /** Clients see the id in errors. */
  readonly isIdPublic: boolean;
  /** Withholds what services say. */
  readonly isRedacted: boolean;
  /** Whose headers say to which trace a request belongs, by the address of the connection. Null: everybody's. */
  readonly isTrusted: ((address: string) => boolean) | null;
  readonly processor: SpanProcessor;
}

/** @returns What begins the trace of a request. The provider of spans is shut down by its processor. */
export function tracer(options: TracerOptions): BeginTrace {
  const { isTrusted, isIdPublic } = options;
  const propagation = new Propagation(options.propagation);
  const shared: SharedParts = { propagation, isIdPublic };
  const isInShare = ratioSampler(options.sampleRatio);
  const beginSpan = requestSpans(options);

  const isWithinBudget = perSecond(options.callerSampledPerSecondMax);

  return (arrival) => {
    const caller = propagation.read(arrival.headers);
    // A caller that is not trusted chooses no trace id either: the ratio goes by it.
    const parent = caller && (isTrusted === null || isTrusted(arrival.address)) ? caller : null;
    const traceId = parent?.ids?.traceId ?? newTraceId();
    // Callers may ask for more than the ratio, and not for everything that the exporter can take.
    const isSampled =
      parent?.isSampled === false
        ? false
        : isInShare(traceId) || (parent?.isSampled === true && isWithinBudget());
    const span = isSampled ? beginSpan(arrival, { traceId, parent, caller }) : null;
    return new OtelTrace(shared, { traceId, isSampled, traceState: parent?.traceState ?? null }, span);
  };
}

/** @returns Whether there was room for one more in this second. */
function perSecond(max: number): () => boolean {
  let secondEndsAtMs = 0;
  let taken = 0;
  return () => {
    const nowMs = monotonicClock();
    if (nowMs >= secondEndsAtMs) {
      secondEndsAtMs = nowMs + 1000;
      taken = 0;
    }
    taken += 1;
    return taken <= max;
  };
}

/** Of all traces. */
interface SharedParts {
  readonly propagation: Propagation;
  readonly isIdPublic: boolean;
}

class OtelTrace implements RequestTrace {
  readonly #shared: SharedParts;
  readonly traceId: string;
  readonly isSampled: boolean;
  span: RecordedSpan | null;
  readonly #traceState: string | null;
  /** What services are told where nothing is recorded. */
  #unrecorded: TracePosition | undefined;

  constructor(
    shared: SharedParts,
    { traceId, isSampled, traceState }: TraceFacts,
    span: RecordedSpan | null,
  ) {
    this.#shared = shared;
    this.traceId = traceId;
    this.isSampled = isSampled;
    this.#traceState = traceState;
    this.span = span;
  }

  get publicId(): string | null {
    return this.#shared.isIdPublic ? this.traceId : null;
  }

  at(span: RecordedSpan): RequestTrace {
    return new OtelTrace(this.#shared, this.#facts, span);
  }

  addHeaders(sent: Record<string, string>, span: RecordedSpan | null): void {
    this.#shared.propagation.write(sent, this.#positionOf(span ?? this.span));
  }

  traceParent(): string {
    return this.#positionOf(this.span).traceParent;
  }

  #positionOf(span: RecordedSpan | null): TracePosition {
    // What is recorded beside the trace has no id that anybody could look up.
    if (span && this.isSampled) return new TracePosition(this.#facts, span.id);
    return (this.#unrecorded ??= new TracePosition(this.#facts, newSpanId()));
  }

  get #facts(): TraceFacts {
    const { traceId, isSampled } = this;
    return { traceId, isSampled, traceState: this.#traceState };
  }
}

interface Origin {
  readonly traceId: string;
  readonly parent: RemoteParent | null;
  /** Of whom it came, trusted or not. */
  readonly caller: RemoteParent | null;
}

/** Begins the span of a whole request. */
function requestSpans(options: TracerOptions): (arrival: TracedArrival, origin: Origin) => RecordedSpan {
  let nextTraceId = '';
  const provider = new BasicTracerProvider({
    sampler: new AlwaysOnSampler(),
    // The decision was made by the id already.
    idGenerator: { generateTraceId: () => nextTraceId, generateSpanId: newSpanId },
    spanProcessors: [options.processor],
    spanLimits: { attributeValueLengthLimit: attributeCharsMax },
    resource: resourceFromAttributes({
      'service.name': options.serviceName,
      'process.pid': process.pid,
      ...options.resource,
    }),
  });
  const maker: SpanMaker = { tracer: provider.getTracer('tributary'), isRedacted: options.isRedacted };
  const { fromHeaders } = options.attributes;

  return ({ method, route, headers }, { traceId, parent, caller }) => {
    nextTraceId = traceId;
    const startTime = Date.now();
    const epochMs = startTime - monotonicClock();
    const attributes: Record<string, string | string[]> = {
      'http.request.method': method,
      'http.route': route,
    };
    for (const name of fromHeaders) {
      const value = headers[name];
      if (value !== undefined) attributes[`http.request.header.${name}`] = [value].flat();
    }
    const span = maker.tracer.startSpan(
      `${method} ${route}`,
      { kind: SpanKind.SERVER, startTime, attributes, links: parent ? [] : linksTo(caller) },
      parent?.ids ? otelTrace.setSpanContext(ROOT_CONTEXT, remoteContext(parent.ids, parent)) : ROOT_CONTEXT,
    );
    return new OtelSpan(maker, span, epochMs);
  };
}

/** A trace of a caller that is not trusted is named, and not joined. */
function linksTo(caller: RemoteParent | null): Link[] {
  return caller?.ids ? [{ context: remoteContext(caller.ids, caller) }] : [];
}

function remoteContext(
  ids: NonNullable<RemoteParent['ids']>,
  { isSampled, traceState }: RemoteParent,
): SpanContext {
  return {
    ...ids,
    traceFlags: isSampled === true ? TraceFlags.SAMPLED : TraceFlags.NONE,
    ...(traceState === null ? {} : { traceState: createTraceState(traceState) }),
    isRemote: true,
  };
}
