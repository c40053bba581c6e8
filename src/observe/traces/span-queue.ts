/**
 * Spans on their way to their receiver: a bounded queue that is exported in batches. A receiver that is slow or down
 * costs spans, which are counted, and never a request.
 */

import type { Context } from '@opentelemetry/api';
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type Span,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';

import type { TracesConfig } from '../../config/gateway/traces.ts';
import type { GatewayEvents } from '../../shared/events.ts';

export interface SpanQueueOptions extends Pick<
  TracesConfig['otlp'],
  'queueSpansMax' | 'batchSpansMax' | 'intervalMs' | 'timeoutMs'
> {
  readonly onDropped: (dropped: GatewayEvents['spansDropped']) => void;
}

export class SpanQueue implements SpanProcessor {
  readonly #options: SpanQueueOptions;
  readonly #batches: BatchSpanProcessor;
  /** Not yet given to the exporter. */
  #waiting = 0;

  constructor(exporter: SpanExporter, options: SpanQueueOptions) {
    this.#options = options;
    this.#batches = new BatchSpanProcessor(this.#counted(exporter), {
      maxQueueSize: options.queueSpansMax,
      maxExportBatchSize: Math.min(options.batchSpansMax, options.queueSpansMax),
      scheduledDelayMillis: options.intervalMs,
      exportTimeoutMillis: options.timeoutMs,
    });
  }

  onStart(_span: Span, _parent: Context): void {
    // Nothing waits before its end.
  }

  onEnd(span: ReadableSpan): void {
    if (this.#waiting >= this.#options.queueSpansMax) {
      this.#options.onDropped({ spans: 1, reason: 'queue full', error: null });
      return;
    }
    this.#waiting += 1;
    this.#batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.#batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#batches.shutdown();
  }

  /** The SDK tells nobody of the spans that it drops. */
  #counted(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, done) => {
        this.#waiting -= spans.length;
        exporter.export(spans, (result: ExportResult) => {
          if (result.code !== ExportResultCode.SUCCESS) {
            const { error = null } = result;
            this.#options.onDropped({ spans: spans.length, reason: 'export failed', error });
          }
          done(result);
        });
      },
      shutdown: () => exporter.shutdown(),
    };
  }
}
