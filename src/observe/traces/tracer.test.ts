import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';

import { GatewayError } from '../../shared/errors.ts';
import { SpanInMemory } from '../../shared/span-tree.ts';
import { tracer, type TracerOptions } from './tracer.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const parent = (flags: string) => ({ traceparent: `00-${traceId}-${spanId}-${flags}` });

function given(options: Partial<TracerOptions> = {}) {
  const exporter = new InMemorySpanExporter();
  const begin = tracer({
    sampleRatio: 0,
    callerSampledPerSecondMax: 100,
    propagation: ['w3c'],
    attributes: { fromHeaders: [], fromClaims: [] },
    serviceName: 'test',
    resource: {},
    isIdPublic: false,
    isRedacted: false,
    isTrusted: null,
    processor: new SimpleSpanProcessor(exporter),
    ...options,
  });
  return {
    spans: () => exporter.getFinishedSpans(),
    begin: (headers: Readonly<Record<string, string>> = {}, address = '203.0.113.1') =>
      begin({ method: 'POST', route: '/graphql', headers, address }),
  };
}

describe('whether a request is recorded', () => {
  it('goes by the trace that it belongs to', () => {
    const all = given({ sampleRatio: 1 });
    const none = given({ sampleRatio: 0 });
    expect(none.begin(parent('01'))).toMatchObject({ isSampled: true, traceId });
    expect(all.begin(parent('00'))).toMatchObject({ isSampled: false, traceId, span: null });
    expect(all.begin().isSampled).toBe(true);
    expect(none.begin().isSampled).toBe(false);
  });

  it('is at most so often what callers ask for beyond the share', () => {
    const { begin } = given({ callerSampledPerSecondMax: 5 });
    const asked = Array.from({ length: 100 }, () => begin(parent('01')).isSampled);
    // A second may end within the loop.
    expect(asked.filter(Boolean).length).toBeGreaterThanOrEqual(5);
    expect(asked.filter(Boolean).length).toBeLessThanOrEqual(10);
    const all = given({ callerSampledPerSecondMax: 0, sampleRatio: 1 });
    expect(all.begin(parent('01')).isSampled).toBe(true);
  });

  it('is the share of those that begin a trace', () => {
    const { begin } = given({ sampleRatio: 0.1 });
    const requests = 20_000;
    const sampled = Array.from({ length: requests }, () => begin()).filter(
      ({ isSampled }) => isSampled,
    ).length;
    console.log(`sampled ${sampled} of ${requests} at a ratio of 0.1`);
    // Ten standard deviations.
    expect(Math.abs(sampled - requests / 10)).toBeLessThan(10 * Math.sqrt(requests * 0.1 * 0.9));
  });

  it('is decided alike by all who go by the same share', () => {
    const [one, other] = [0, 1].map(() => given({ sampleRatio: 0.5, propagation: ['b3'] }));
    // Without a decision of the caller.
    const idsOf = (index: number) =>
      `${traceId.slice(0, 16)}${index.toString(16).padStart(4, '0')}${traceId.slice(20)}`;
    const decided = Array.from({ length: 100 }, (_, index) => {
      const headers = { b3: `${idsOf(index * 600)}-${spanId}` };
      return [one?.begin(headers).isSampled, other?.begin(headers).isSampled];
    });
    expect(decided.every(([first, second]) => first === second)).toBe(true);
    expect(new Set(decided.flat())).toEqual(new Set([true, false]));
  });

  it('is not for clients that are not trusted to say, nor is the trace', () => {
    const { begin, spans } = given({ sampleRatio: 1, isTrusted: (address) => address === '10.0.0.1' });
    expect(begin(parent('00'), '10.0.0.1')).toMatchObject({ isSampled: false, traceId });
    const stranger = begin(parent('00'));
    expect(stranger.isSampled).toBe(true);
    expect(stranger.traceId).not.toBe(traceId);
    stranger.span?.end();
    const [span] = spans();
    expect(span?.parentSpanContext).toBeUndefined();
    expect(span?.links).toMatchObject([{ context: { traceId, spanId } }]);
    const none = given({ sampleRatio: 0, isTrusted: () => false });
    expect(none.begin(parent('01')).isSampled).toBe(false);
  });
});

describe('what services are told', () => {
  function headersOf(trace: ReturnType<ReturnType<typeof given>['begin']>, withSpan = false) {
    const sent: Record<string, string> = {};
    trace.addHeaders(sent, withSpan ? (trace.span?.begin('call') ?? null) : null);
    return sent.traceparent ?? '';
  }

  it('is the span of the call', () => {
    const trace = given().begin(parent('01'));
    const told = headersOf(trace, true);
    expect(told).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    expect(told).not.toContain(trace.span?.id);
    expect(told).not.toContain(spanId);
  });

  it('is the same trace and one span, not to be recorded, where the request is not', () => {
    const trace = given().begin(parent('00'));
    const told = headersOf(trace);
    expect(told).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
    expect(told).not.toContain(spanId);
    expect(headersOf(trace)).toBe(told);
    expect(trace.traceParent()).toBe(told);
  });

  it('is no span that is only kept in memory', () => {
    const trace = given().begin(parent('00'));
    const kept = trace.at(SpanInMemory.root('request', () => 0));
    expect(headersOf(kept, true)).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
  });

  it('is the state of the trace as well', () => {
    const sent: Record<string, string> = {};
    given()
      .begin({ ...parent('00'), tracestate: 'rojo=1' })
      .addHeaders(sent, null);
    expect(sent.tracestate).toBe('rojo=1');
  });
});

describe('spans', () => {
  it('are children of the span that begins them, within its time', () => {
    const { begin, spans } = given();
    const { span } = begin(parent('01'));
    const child = span?.begin('execute', { kind: 'client', attributes: { 'tributary.service': 'a' } });
    child?.end();
    span?.set('graphql.operation.name', 'x'.repeat(10_000));
    span?.end();
    const [first, root] = spans();
    expect(root?.parentSpanContext?.spanId).toBe(spanId);
    expect(first?.parentSpanContext?.spanId).toBe(span?.id);
    expect(first).toMatchObject({ name: 'execute', kind: 2, attributes: { 'tributary.service': 'a' } });
    expect(root).toMatchObject({
      name: 'POST /graphql',
      kind: 1,
      resource: { attributes: { 'service.name': 'test' } },
    });
    expect(String(root?.attributes['graphql.operation.name'])).toHaveLength(256);
    const nanoseconds = ([s, ns]: [number, number]): number => s * 1e9 + ns;
    expect(nanoseconds(first!.startTime)).toBeGreaterThanOrEqual(nanoseconds(root!.startTime));
    expect(nanoseconds(first!.endTime)).toBeLessThanOrEqual(nanoseconds(root!.endTime));
  });

  it('have the headers that are configured, and no others', () => {
    const { begin, spans } = given({ attributes: { fromHeaders: ['x-region'], fromClaims: [] } });
    begin({ ...parent('01'), 'x-region': 'eu', authorization: 'secret', 'x-other': 'secret' }).span?.end();
    expect(spans()[0]?.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/graphql',
      'http.request.header.x-region': ['eu'],
    });
  });

  const ofService = Object.assign(new Error('no user secret@example.com'), { isServiceText: true });
  const refused = new GatewayError('SERVICE_ERROR', 'users answered with an error', { cause: ofService });

  it.each([
    [
      'SERVICE_ERROR',
      refused,
      false,
      'SERVICE_ERROR',
      'users answered with an error: no user secret@example.com',
    ],
    ['SERVICE_ERROR', refused, true, 'SERVICE_ERROR', 'users answered with an error'],
    // The client's own fault: the words repeat its variables.
    ['BAD_USER_INPUT', new GatewayError('BAD_USER_INPUT', 'not secret'), false, 'BAD_USER_INPUT', undefined],
    ['INTERNAL_ERROR', new Error('secret'), false, 'INTERNAL_ERROR', undefined],
    ['OUT_OF_STOCK', undefined, false, 'OUT_OF_STOCK', undefined],
    ['free words of a service', undefined, false, 'SERVICE_ERROR', undefined],
  ])('fail with %s', (code, error, isRedacted, type, message) => {
    const { begin, spans } = given({ isRedacted });
    const { span } = begin(parent('01'));
    span?.fail(code, error);
    span?.fail('FORBIDDEN');
    span?.end();
    expect(spans()[0]?.attributes['error.type']).toBe(type);
    expect(spans()[0]?.status).toEqual({ code: 2, ...(message === undefined ? {} : { message }) });
  });

  it('name the one whose answer they share', () => {
    const { begin, spans } = given();
    const sender = begin(parent('01'));
    const joiner = begin(parent('01'));
    joiner.span?.link(sender);
    joiner.span?.end();
    expect(spans()[0]?.links).toMatchObject([{ context: { traceId, spanId: sender.span?.id } }]);
    expect(spans()[0]?.attributes['tributary.shared']).toBe(true);
  });
});
