/** Opens the metrics of the process that was started: what it counts, what its workers tell, and the endpoint. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { metricsPortDefault, type MetricsConfig } from '../config/gateway/metrics.ts';
import { openMetricsEndpoint } from '../observe/metrics/endpoint.ts';
import { measureGateway } from '../observe/metrics/gateway-metrics.ts';
import type { MetricsPush } from '../observe/metrics/otlp-push.ts';
import type { MetricChanges } from '../observe/metrics/metric-store.ts';
import type { Events } from '../shared/events.ts';

export interface WorkerMetrics {
  /** @param worker Null: it has ended, so that it has no gauges any more. */
  add(changes: MetricChanges, worker: number | null): void;
  workerEnded(worker: number): void;
}

export interface Metrics extends WorkerMetrics {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * @param process See `measureGateway`.
 * @returns Null: metrics are switched off.
 * @throws {GatewayError} `CONFIG_INVALID`
 */
export async function openMetrics(
  { metrics: config, traces }: Pick<GatewayConfig, 'metrics' | 'traces'>,
  events: Events,
  process: string,
): Promise<Metrics | null> {
  if (!config.enabled) return null;
  const { store, close } = measureGateway(events, config, process);
  const { host, port, openMetrics: isOpenMetrics } = config;
  async function openPush(otlp: MetricsConfig['otlp']): Promise<MetricsPush | null> {
    if (!otlp) return null;
    // Most of OpenTelemetry's metrics are loaded by it.
    const { pushMetrics } = await import('../observe/metrics/otlp-push.ts');
    const onFailed = (reason: string): void => events.emit('metricsPushFailed', { reason });
    return pushMetrics(store, { otlp, serviceName: traces.serviceName, onFailed });
  }
  const endpoint = await openMetricsEndpoint(store, {
    host,
    port: port ?? metricsPortDefault,
    isPortOptional: port === undefined,
    openMetrics: isOpenMetrics,
  }).catch((error: unknown) => {
    close();
    throw error;
  });
  const push = await openPush(config.otlp);

  const { url, isOtherPort } = endpoint;
  events.emit('metricsListening', { url, isOtherPort });
  return {
    url,
    add: (changes, worker) => store.add(changes, worker === null ? null : String(worker)),
    workerEnded: (worker) => store.forgetGauges(String(worker)),
    async close() {
      close();
      await Promise.all([push?.close(), endpoint.close()]);
    },
  };
}
