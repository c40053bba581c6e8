/** Metrics of requests: by route and status, by client, by operation, and the errors in their answers. */

import type { MetricsConfig } from '../../config/gateway/metrics.ts';
import { isErrorCode, isFailureCode } from '../../shared/errors.ts';
import type { ErrorCount } from '../../shared/event-spans.ts';
import type { Events, GatewayEvents } from '../../shared/events.ts';
import { BoundedLabel } from './bounded-label.ts';
import { otherLabel, type MetricStore } from './metric-store.ts';

/** In seconds. */
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Fewer, because there are many operations. */
const operationBuckets = [0.01, 0.05, 0.1, 0.25, 1, 2.5];
/** A request of no configured client. */
const noClient = 'none';
/** Services come from the configuration, which bounds them; this is for a gateway that is reloaded for years. */
const servicesMax = 1000;

type RequestEnded = GatewayEvents['requestEnded'];

export function countRequests(events: Events, store: MetricStore, config: MetricsConfig): void {
  const requests = store.counter({
    name: 'gateway_requests_total',
    help: 'HTTP responses sent, by method, route and status',
    labels: ['method', 'route', 'status_code'],
  });
  const durations = store.histogram({
    name: 'gateway_request_duration_seconds',
    help: 'From the head of a request to its response, in seconds',
    labels: ['method', 'route'],
    buckets: durationBuckets,
  });
  const limited = store.counter({
    name: 'gateway_rate_limit_exceeded_total',
    help: 'Requests that a limit refused, or refused fields of, by client',
    labels: ['client_id', 'route'],
  });
  const countClients = clientCounter(store, config);
  const countErrors = errorCounter(store);
  events.on('requestEnded', (event) => {
    const { method, route, httpStatus, durationMs, errorCounts } = event;
    requests.add(1, method, route, String(httpStatus));
    durations.observe(durationMs / 1000, method, route);
    const { traceId, isSampled } = event;
    if (isSampled && traceId !== null)
      durations.exemplify({ traceId, value: durationMs / 1000, atMs: Date.now() }, method, route);
    countClients(event);
    for (const { code, service, count } of errorCounts) countErrors(code, service, count);
    if (errorCounts.some(isOwnLimit)) limited.add(1, event.client ?? noClient, route);
  });
  events.on('otherResponseSent', ({ method, route, httpStatus, code, durationMs }) => {
    requests.add(1, method, route, String(httpStatus));
    durations.observe(durationMs / 1000, method, route);
    if (code !== null) countErrors(code, null, 1);
  });
  const shared = store.counter({
    name: 'gateway_requests_shared_total',
    help: 'Requests answered with the answer of an identical one that was in flight',
    labels: [],
  });
  events.on('requestShared', () => shared.add(1));
  const fallbacks = store.counter({
    name: 'gateway_fallback_fields_total',
    help: 'Fields answered with a fallback value, by service and source (declared, stale)',
    labels: ['service', 'source'],
  });
  events.on('fallbacksServed', (event) => {
    for (const { service, source } of event.fallbacks) fallbacks.add(1, service, source);
  });
  store.gauge(
    { name: 'gateway_active_connections', help: 'Connections of clients that are open', labels: [] },
    () => [[events.readings.sum('connectionsOpen')]],
  );
}

function clientCounter(store: MetricStore, config: MetricsConfig): (event: RequestEnded) => void {
  const clients = store.counter({
    name: 'gateway_client_requests_total',
    help: 'Requests, by client, its version as it states it, and outcome (ok, partial, failed, refused)',
    labels: ['client', 'version', 'outcome'],
    boundedLabels: ['client', 'outcome'],
  });
  const operations = store.counter({
    name: 'gateway_operations_total',
    help: 'Operations executed, by client, name, kind and outcome (ok, partial, failed)',
    labels: ['client', 'operation', 'kind', 'outcome'],
    boundedLabels: ['client', 'kind', 'outcome'],
  });
  const durations = store.histogram({
    name: 'gateway_operation_duration_seconds',
    help: 'Requests whose operation was executed, from their head to the response, in seconds',
    labels: ['client', 'operation'],
    boundedLabels: ['client'],
    buckets: operationBuckets,
  });
  const perClient = new Map<string, { versions: BoundedLabel; operations: BoundedLabel }>();
  const boundsOf = (client: string) => {
    let bounds = perClient.get(client);
    if (!bounds) {
      const { versionsMax, operationsMax } = config;
      bounds = { versions: new BoundedLabel(versionsMax), operations: new BoundedLabel(operationsMax) };
      perClient.set(client, bounds);
    }
    return bounds;
  };
  return (event) => {
    const { client, clientVersion, operationName, operationKind, durationMs } = event;
    // Clients are those of the configuration, whatever a request says.
    const label = client ?? noClient;
    const bounds = boundsOf(label);
    const version = clientVersion === null ? '' : bounds.versions.of(clientVersion);
    const outcome = outcomeOf(event);
    clients.add(1, label, version, outcome);
    if (operationKind === null) return;
    const operation = operationName === null ? '' : bounds.operations.of(operationName);
    operations.add(1, label, operation, operationKind, outcome);
    durations.observe(durationMs / 1000, label, operation);
  };
}

function outcomeOf({ operationKind, httpStatus, errorCounts }: RequestEnded): string {
  for (const { code } of errorCounts) if (isFailureCode(code)) return 'failed';
  if (errorCounts.length === 0) return httpStatus >= 500 ? 'failed' : 'ok';
  return operationKind === null ? 'refused' : 'partial';
}

/** A service may have limits too. */
function isOwnLimit({ code, service }: ErrorCount): boolean {
  return code === 'RATE_LIMITED' && service === null;
}

function errorCounter(store: MetricStore): (code: string, service: string | null, count: number) => void {
  const errors = store.counter({
    name: 'gateway_errors_total',
    help: 'GraphQL errors in responses, those inside a 200 too, by code and by the service they come from',
    labels: ['code', 'service'],
  });
  const services = new BoundedLabel(servicesMax);
  return (code, service, count) =>
    errors.add(count, isErrorCode(code) ? code : otherLabel, service === null ? '' : services.of(service));
}
