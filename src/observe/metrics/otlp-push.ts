/** Sends the metrics of a store to a receiver of OTLP over HTTP from time to time, for those who do not scrape. */

import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { ValueType } from '@opentelemetry/api';

import type { MetricsConfig } from '../../config/gateway/metrics.ts';
import { processLabel, type CollectedMetric, type MetricStore } from './metric-store.ts';

const closeTimeoutMs = 2000;

export interface MetricsPush {
  /** Sends them a last time, for up to 2 s. */
  close(): Promise<void>;
}

export interface MetricsPushOptions {
  readonly otlp: NonNullable<MetricsConfig['otlp']>;
  readonly serviceName: string;
  /** Called once until an export succeeds again. */
  readonly onFailed: (reason: string) => void;
}

export function pushMetrics(
  store: MetricStore,
  { otlp, serviceName, onFailed }: MetricsPushOptions,
): MetricsPush {
  const { url, headers, intervalMs, timeoutMs } = otlp;
  const exporter = new OTLPMetricExporter({ url: addressOf(url), headers, timeoutMillis: timeoutMs });
  const resource = resourceFromAttributes({ 'service.name': serviceName });
  const startedAt = timeOf(Date.now());
  let exporting: Promise<void> | undefined;
  let hasFailed = false;

  function push(): Promise<void> {
    const scope = { name: 'tributary' };
    const span = { startTime: startedAt, endTime: timeOf(Date.now()) };
    const metrics = store.collect().map((metric) => metricData(metric, span));
    const data: ResourceMetrics = { resource, scopeMetrics: [{ scope, metrics }] };
    return new Promise((resolve) => {
      exporter.export(data, ({ error }) => {
        if (error && !hasFailed) onFailed(error.message);
        hasFailed = error !== undefined;
        resolve();
      });
    });
  }

  // One at a time: a receiver that is slow gets fewer.
  const timer = setInterval(() => {
    exporting ??= push().finally(() => (exporting = undefined));
  }, intervalMs).unref();
  return {
    async close() {
      clearInterval(timer);
      let late: NodeJS.Timeout | undefined;
      const timeout = new Promise<void>((resolve) => (late = setTimeout(resolve, closeTimeoutMs)));
      await Promise.race([(exporting ?? Promise.resolve()).then(push), timeout]);
      clearTimeout(late);
    },
  };
}

interface TimeSpan {
  readonly startTime: [seconds: number, nanoseconds: number];
  readonly endTime: [seconds: number, nanoseconds: number];
}

function metricData(metric: CollectedMetric, span: TimeSpan): MetricData {
  const descriptor = descriptorOf(metric);
  const common = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE } as const;
  if (metric.type === 'histogram') {
    const { labels: names, buckets } = metric;
    return {
      ...common,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: metric.samples.map(({ labels, counts, sum }) => ({
        ...span,
        attributes: attributesOf(names, labels),
        value: {
          buckets: { boundaries: [...buckets], counts: [...counts] },
          sum,
          count: counts.reduce((total, count) => total + count, 0),
        },
      })),
    };
  }
  const names = metric.type === 'gauge' ? [...metric.labels, processLabel] : metric.labels;
  const dataPoints = metric.samples.map(({ labels, value }) => ({
    ...span,
    attributes: attributesOf(names, labels),
    value,
  }));
  const isSum = metric.type === 'counter' || metric.isCounter === true;
  return isSum
    ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
}

function descriptorOf({ name, help, unit }: CollectedMetric): MetricData['descriptor'] {
  return { name, description: help, unit: unit ?? '', valueType: ValueType.DOUBLE };
}

/** Names of labels are our own; one without a value says nothing. */
function attributesOf(names: readonly string[], values: readonly string[]): Record<string, string> {
  const all = names.map((name, index) => [name, values[index] ?? ''] as const);
  return Object.fromEntries(all.filter(([, value]) => value !== ''));
}

function timeOf(epochMs: number): [seconds: number, nanoseconds: number] {
  return [Math.floor(epochMs / 1000), (epochMs % 1000) * 1e6];
}

/** @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp */
function addressOf(url: string): string {
  return new URL(url).pathname === '/' ? `${url.replace(/\/+$/, '')}/v1/metrics` : url;
}
