/** The metrics of a store in Prometheus's text format, or in OpenMetrics with exemplars. */

import { Counter, Gauge, Histogram, Registry, type RegistryContentType } from 'prom-client';

import {
  processLabel,
  type CollectedMetric,
  type HistogramSample,
  type MetricStore,
} from './metric-store.ts';

export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

export type MetricsFormat = 'prometheus' | 'openMetrics';

const contentTypes = {
  prometheus: Registry.PROMETHEUS_CONTENT_TYPE,
  openMetrics: Registry.OPENMETRICS_CONTENT_TYPE,
} as const;

export async function metricsText(store: MetricStore, format: MetricsFormat): Promise<MetricsText> {
  const registry = new Registry<RegistryContentType>();
  registry.setContentType(contentTypes[format]);
  for (const metric of store.collect()) register(registry, metric);
  return { contentType: registry.contentType, text: await registry.metrics() };
}

/**
 * The library's metrics can only be counted up one by one; here each tells the values of the store instead.
 *
 * Its registry changes the name of a counter for OpenMetrics, so `get` gives the name as it is then.
 */
function register(registry: Registry<RegistryContentType>, metric: CollectedMetric): void {
  const { help } = metric;
  const name = prometheusName(metric);
  const isCounter = metric.type === 'counter' || (metric.type === 'gauge' && metric.isCounter === true);
  const type = isCounter ? 'counter' : metric.type;
  const values = valuesOf(metric);
  const options = { name, help, labelNames: metric.labels.map(withoutDots), registers: [registry] };
  const shown = isCounter
    ? new Counter(options)
    : metric.type === 'histogram'
      ? new Histogram({ ...options, buckets: [...metric.buckets] })
      : new Gauge(options);
  const get = function get(this: { readonly name: string }) {
    return Promise.resolve({ name: this.name, help, type, values });
  };
  // A histogram is asked by the second name.
  Object.assign(shown, { get, getForPromString: get });
}

interface Value {
  readonly metricName?: string;
  readonly labels: Record<string, string | number>;
  readonly value: number;
  readonly exemplar?: {
    readonly labelSet: Readonly<Record<string, string>>;
    readonly value: number;
    readonly timestamp: number;
  } | null;
}

function valuesOf(metric: CollectedMetric): Value[] {
  if (metric.type === 'histogram') return metric.samples.flatMap((sample) => bucketsOf(metric, sample));
  const names = metric.type === 'gauge' ? [...metric.labels, processLabel] : metric.labels;
  return metric.samples.map(({ labels, value }) => ({ labels: labelled(names, labels), value }));
}

function bucketsOf(
  metric: Extract<CollectedMetric, { type: 'histogram' }>,
  { labels: values, counts, sum, exemplars }: HistogramSample,
): readonly Value[] {
  const { labels: names, buckets } = metric;
  const name = prometheusName(metric);
  const labels = labelled(names, values);
  let count = 0;
  const rows = counts.map((own, index) => {
    count += own;
    const exemplar = exemplars[index];
    return {
      metricName: `${name}_bucket`,
      labels: { ...labels, le: buckets[index] ?? '+Inf' },
      value: count,
      exemplar: exemplar
        ? { labelSet: { trace_id: exemplar.traceId }, value: exemplar.value, timestamp: exemplar.atMs / 1000 }
        : null,
    };
  });
  return [
    ...rows,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

/** As OpenTelemetry translates its names for Prometheus. */
function prometheusName({ name, unit }: CollectedMetric): string {
  return unit === 's' ? `${withoutDots(name)}_seconds` : name;
}

function withoutDots(name: string): string {
  return name.replaceAll('.', '_');
}

/** Names of labels are our own. */
function labelled(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [withoutDots(name), values[index] ?? '']));
}
