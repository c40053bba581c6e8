/** Metrics of the calls to services: attempts, durations, retries, breakers, queues. */

import type { Events } from '../../shared/events.ts';
import type { MetricStore } from './metric-store.ts';

/** In seconds. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Names of services come from the configuration. */
export function countCalls(events: Events, store: MetricStore): void {
  const calls = store.counter({
    name: 'gateway_service_requests_total',
    help: 'Calls sent to a service, each attempt by itself, by how they ended',
    labels: ['service', 'outcome'],
  });
  const durations = store.histogram({
    name: 'gateway_service_request_duration_seconds',
    help: 'Calls sent to a service, each attempt by itself, in seconds',
    labels: ['service'],
    buckets,
  });
  events.on('callEnded', ({ service, outcome, durationMs }) => {
    calls.add(1, service, outcome);
    durations.observe(durationMs / 1000, service);
  });
  countPolicies(events, store);
  readServices(events, store);
}

function countPolicies(events: Events, store: MetricStore): void {
  const retries = store.counter({
    name: 'gateway_service_retries_total',
    help: 'Calls that were retried, by how the attempt before ended',
    labels: ['service', 'outcome'],
  });
  events.on('callRetried', ({ service, outcome }) => retries.add(1, service, outcome));
  const hedges = store.counter({
    name: 'gateway_service_hedges_total',
    help: 'Second attempts that began while the first was in flight',
    labels: ['service'],
  });
  events.on('callHedged', ({ service }) => hedges.add(1, service));
  const refused = store.counter({
    name: 'gateway_service_refused_total',
    help: 'Calls that were not sent: the breaker is open, or too many are waiting',
    labels: ['service', 'reason'],
  });
  events.on('callRefused', ({ service, reason }) => refused.add(1, service, reason));
  const transitions = store.counter({
    name: 'gateway_breaker_transitions_total',
    help: 'Changes of state of circuit breakers, those of single replicas too',
    labels: ['service', 'from', 'to'],
  });
  events.on('breakerChanged', ({ service, from, to }) => transitions.add(1, service, from, to));
  const shared = store.counter({
    name: 'gateway_service_requests_shared_total',
    help: 'Calls that were not sent, because an identical one was in flight and its answer was shared',
    labels: ['service'],
  });
  events.on('callShared', ({ service }) => shared.add(1, service));
  const batches = store.counter({
    name: 'gateway_loader_keys_total',
    help: 'Distinct keys that loaders asked for in batches',
    labels: ['service'],
  });
  const batchCalls = store.counter({
    name: 'gateway_loader_calls_total',
    help: 'Calls that loaders made for their keys',
    labels: ['service'],
  });
  events.on('batchLoaded', ({ service, keys, calls }) => {
    batches.add(keys, service);
    batchCalls.add(calls, service);
  });
}

/** A subgraph and a source may have the same name: together they are one series. */
function byService(
  rows: Iterable<readonly [value: number, ...labels: string[]]>,
  combine: (one: number, other: number) => number,
): Iterable<readonly [value: number, service: string]> {
  const values = new Map<string, number>();
  for (const [value, service = ''] of rows) {
    const before = values.get(service);
    values.set(service, before === undefined ? value : combine(before, value));
  }
  return Array.from(values, ([service, value]) => [value, service] as const);
}

const sum = (one: number, other: number): number => one + other;

function readServices({ readings }: Events, store: MetricStore): void {
  store.gauge(
    {
      name: 'gateway_breaker_state',
      help: 'Circuit breaker of a service: 0 closed, 1 half-open, 2 open',
      labels: ['service'],
    },
    () => byService(readings.current('breakerState'), Math.max),
  );
  store.gauge(
    {
      name: 'gateway_service_requests_in_flight',
      help: 'Calls to a service that are under way',
      labels: ['service'],
    },
    () => byService(readings.current('callsInFlight'), sum),
  );
  store.gauge(
    {
      name: 'gateway_service_queue',
      help: 'Calls to a service that wait for their turn',
      labels: ['service'],
    },
    () => byService(readings.current('callsQueued'), sum),
  );
}
