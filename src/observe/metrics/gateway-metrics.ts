/** Everything that a process counts, from the events of the gateway. */

import type { MetricsConfig } from '../../config/gateway/metrics.ts';
import type { Events } from '../../shared/events.ts';
import { countLimitsAndAuth } from './guard-metrics.ts';
import { countOperations } from './planning-metrics.ts';
import { MetricStore } from './metric-store.ts';
import { watchProcess } from './process-metrics.ts';
import { countRequests } from './request-metrics.ts';
import { countBySemanticNames } from './semantic-metrics.ts';
import { countCalls } from './service-metrics.ts';

export interface GatewayMetrics {
  readonly store: MetricStore;
  readonly close: () => void;
}

/** @param process Value of the label that tells the gauges of processes apart: `0`, `primary`, or a worker's number. */
export function measureGateway(events: Events, config: MetricsConfig, process: string): GatewayMetrics {
  const store = new MetricStore(process);
  countRequests(events, store, config);
  countCalls(events, store);
  if (config.semanticNames) countBySemanticNames(events, store, config);
  countOperations(events, store);
  countLimitsAndAuth(events, store);
  return { store, close: watchProcess(store) };
}
