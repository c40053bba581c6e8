/** Metrics of the graph in place, of planning, and of the worker processes. */

import { isErrorCode, isGatewayError } from '../../shared/errors.ts';
import type { Events } from '../../shared/events.ts';
import { otherLabel, type MetricStore } from './metric-store.ts';

/** In seconds. */
const planningBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 10];

/** Alerts are on these, and Prometheus sees an increase only from a value that it has seen before. */
const preparationCodes = ['PLANNING_FAILED', 'PLANNING_TIMEOUT', 'INTERNAL_ERROR'] as const;
const reloadedParts = ['graph', 'clients', 'credentials'] as const;

export function countOperations(events: Events, store: MetricStore): void {
  countPreparations(events, store);
  countGraphs(events, store);
  countWorkers(events, store);
}

function countPreparations(events: Events, store: MetricStore): void {
  const { readings } = events;
  const lookUps = store.counter({
    name: 'gateway_plan_cache_requests_total',
    help: 'Operations looked up in the cache of prepared operations, by result (hit, shape, miss)',
    labels: ['result'],
  });
  events.on('operationLookedUp', ({ found }) => lookUps.add(1, found));
  const durations = store.histogram({
    name: 'gateway_planning_duration_seconds',
    help: 'Parsing, validating and planning a new operation, with the wait for its turn, in seconds',
    labels: [],
    buckets: planningBuckets,
  });
  const failures = store.counter({
    name: 'gateway_planning_failures_total',
    help: 'New operations that the planner could not prepare, by code; invalid ones are not counted',
    labels: ['code'],
  });
  for (const code of preparationCodes) failures.add(0, code);
  events.on('preparationEnded', ({ durationMs, error }) => {
    durations.observe(durationMs / 1000);
    // Who asked left before its turn came: that says nothing of the planner.
    if (error === null || (isGatewayError(error) && error.code === 'CANCELLED')) return;
    failures.add(1, isGatewayError(error) && isErrorCode(error.code) ? error.code : otherLabel);
  });
  const quarantined = store.counter({
    name: 'gateway_quarantined_operations_total',
    help: 'Requests for an operation that took too long to plan before, and was not planned again',
    labels: [],
  });
  events.on('preparationEnded', ({ error }) => {
    const isQuarantined =
      isGatewayError(error) && error.code === 'PLANNING_TIMEOUT' && error.public['retryAfter'] !== undefined;
    if (isQuarantined) quarantined.add(1);
  });
  store.gauge(
    {
      name: 'gateway_plan_cache_entries',
      help: 'Operations in the cache of prepared operations',
      labels: [],
    },
    () => [[readings.sum('operationsCached')]],
  );
  store.gauge(
    { name: 'gateway_planning_queue', help: 'Requests that wait for the planner', labels: [] },
    () => [[readings.sum('requestsWaitingForPlan')]],
  );
  store.gauge(
    { name: 'gateway_requests_executing', help: 'Requests that are executed now', labels: [] },
    () => [[readings.sum('requestsExecuting')]],
  );
  store.gauge(
    { name: 'gateway_requests_queued', help: 'Requests that wait for admission', labels: [] },
    () => [[readings.sum('requestsQueued')]],
  );
}

function countGraphs(events: Events, store: MetricStore): void {
  const reloads = store.counter({
    name: 'gateway_reloads_total',
    help: 'Changed graphs, clients and credentials, by result (replaced, refused)',
    labels: ['what', 'result'],
  });
  for (const part of reloadedParts) reloads.add(0, part, 'refused');
  let generation = 1;
  let hash: string | undefined;
  events.on('supergraphLoaded', (loaded) => (hash ??= loaded.hash));
  events.on('graphReplaced', (replaced) => {
    ({ hash } = replaced);
    generation += 1;
    reloads.add(1, 'graph', 'replaced');
  });
  events.on('supergraphRefused', () => reloads.add(1, 'graph', 'refused'));
  events.on('clientsReplaced', () => reloads.add(1, 'clients', 'replaced'));
  events.on('clientRefused', () => reloads.add(1, 'clients', 'refused'));
  events.on('credentialsReplaced', () => reloads.add(1, 'credentials', 'replaced'));
  events.on('credentialsRefused', () => reloads.add(1, 'credentials', 'refused'));
  store.gauge(
    { name: 'gateway_generation', help: 'Graphs that were in place, this one included', labels: [] },
    () => (hash === undefined ? [] : [[generation]]),
  );
  store.gauge(
    { name: 'gateway_supergraph_info', help: 'The graph in place; always 1', labels: ['hash'] },
    () => (hash === undefined ? [] : [[1, hash]]),
  );
}

function countWorkers(events: Events, store: MetricStore): void {
  const started = store.counter({
    name: 'gateway_worker_starts_total',
    help: 'Worker processes that began to serve',
    labels: [],
  });
  const ended = store.counter({
    name: 'gateway_worker_ends_total',
    help: 'Worker processes that ended unexpectedly',
    labels: [],
  });
  const serving = new Set<number>();
  let isPrimary = false;
  events.on('workerStarted', ({ worker }) => {
    started.add(1);
    serving.add(worker);
    isPrimary = true;
  });
  events.on('workerEnded', ({ worker }) => {
    ended.add(1);
    serving.delete(worker);
  });
  store.gauge(
    {
      name: 'gateway_workers',
      help: 'Worker processes that serve; none where there is one process',
      labels: [],
    },
    () => (isPrimary ? [[serving.size]] : []),
  );
}
