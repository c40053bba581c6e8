/**
 * The same requests and calls under OpenTelemetry's names, for dashboards that go by them. Prometheus gets the names as
 * OpenTelemetry translates them: `http_server_request_duration_seconds`.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/
 */

import type { MetricsConfig } from '../../config/gateway/metrics.ts';
import type { Events } from '../../shared/events.ts';
import { BoundedLabel } from './bounded-label.ts';
import type { MetricStore } from './metric-store.ts';

/** In seconds, as the conventions advise. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

export function countBySemanticNames(events: Events, store: MetricStore, config: MetricsConfig): void {
  const server = store.histogram({
    name: 'http.server.request.duration',
    unit: 's',
    help: 'Duration of HTTP server requests',
    labels: ['http.request.method', 'http.route', 'http.response.status_code', 'error.type'],
    buckets,
  });
  const operations = store.histogram({
    name: 'graphql.server.operation.duration',
    unit: 's',
    help: 'Duration of GraphQL requests whose operation was executed',
    labels: ['graphql.operation.type', 'graphql.operation.name', 'error.type'],
    buckets,
  });
  const client = store.histogram({
    name: 'http.client.request.duration',
    unit: 's',
    help: 'Duration of calls to services, each attempt by itself',
    labels: ['peer.service', 'error.type'],
    buckets,
  });
  /** Clients are those of the configuration: what one of them sends takes no names from the others. */
  const namesByClient = new Map<string | null, BoundedLabel>();
  const namesOf = (of: string | null): BoundedLabel => {
    let names = namesByClient.get(of);
    // Requests of no client, of which there are as many as clients where none are configured.
    const max = config.operationsMax * (of === null ? 10 : 1);
    if (!names) namesByClient.set(of, (names = new BoundedLabel(max)));
    return names;
  };
  events.on('requestEnded', (event) => {
    const { method, route, httpStatus, durationMs, operationKind, operationName, errorCounts } = event;
    const seconds = durationMs / 1000;
    server.observe(seconds, method, route, String(httpStatus), errorTypeOf(httpStatus));
    if (operationKind === null) return;
    const name = operationName === null ? '' : namesOf(event.client).of(operationName);
    operations.observe(seconds, operationKind, name, errorCounts.length > 0 ? 'graphql' : '');
  });
  events.on('otherResponseSent', ({ method, route, httpStatus, durationMs }) =>
    server.observe(durationMs / 1000, method, route, String(httpStatus), errorTypeOf(httpStatus)),
  );
  events.on('callEnded', ({ service, outcome, durationMs }) =>
    client.observe(durationMs / 1000, service, outcome === 'answered' ? '' : outcome),
  );
}

/** The conventions have the status for errors of the server only. */
function errorTypeOf(httpStatus: number): string {
  return httpStatus >= 500 ? String(httpStatus) : '';
}
