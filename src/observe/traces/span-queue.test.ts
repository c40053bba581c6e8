import { ROOT_CONTEXT } from '@opentelemetry/api';
import { BasicTracerProvider, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import { expect, it } from 'vitest';

import type { GatewayEvents } from '../../shared/events.ts';
import { SpanQueue } from './span-queue.ts';

type Done = Parameters<SpanExporter['export']>[1];

function given(queueSpansMax: number) {
  const exports: Array<{ readonly spans: readonly ReadableSpan[]; readonly done: Done }> = [];
  const dropped: Array<GatewayEvents['spansDropped']> = [];
  const exporter: SpanExporter = {
    export: (spans, done) => void exports.push({ spans, done }),
    shutdown: () => Promise.resolve(),
  };
  const queue = new SpanQueue(exporter, {
    queueSpansMax,
    batchSpansMax: 4,
    intervalMs: 60_000,
    timeoutMs: 60_000,
    onDropped: (one) => dropped.push(one),
  });
  const tracer = new BasicTracerProvider({ spanProcessors: [queue] }).getTracer('test');
  const end = (count: number): void => {
    for (let i = 0; i < count; i += 1) tracer.startSpan('s', {}, ROOT_CONTEXT).end();
  };
  return { exports, dropped, end, queue };
}

it('exports full batches, and counts what does not fit while none is taken', () => {
  const { exports, dropped, end } = given(10);
  end(4);
  expect(exports.map(({ spans }) => spans.length)).toEqual([4]);
  // The receiver does not answer.
  end(10);
  expect(dropped).toEqual([]);
  end(3);
  expect(dropped.map(({ spans, reason }) => [spans, reason])).toEqual([
    [1, 'queue full'],
    [1, 'queue full'],
    [1, 'queue full'],
  ]);
});

it('goes on when the receiver answers, and counts an export that fails', async () => {
  const { exports, dropped, end } = given(10);
  end(14);
  const error = new Error('down');
  exports[0]?.done({ code: 1, error });
  expect(dropped).toEqual([{ spans: 4, reason: 'export failed', error }]);
  await new Promise(setImmediate);
  expect(exports).toHaveLength(2);
  // There is room again for what was taken out.
  end(4);
  expect(dropped).toHaveLength(1);
});

it('exports the rest when it ends', async () => {
  const { exports, end, queue } = given(10);
  end(3);
  const ended = queue.shutdown();
  await new Promise(setImmediate);
  expect(exports.map(({ spans }) => spans.length)).toEqual([3]);
  exports[0]?.done({ code: 0 });
  await ended;
});
