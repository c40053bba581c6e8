/** Metrics of what decides whether a request may pass: limits, authentication, policies, overload, the store. */

import type { Events } from '../../shared/events.ts';
import type { MetricStore } from './metric-store.ts';

export function countLimitsAndAuth(events: Events, store: MetricStore): void {
  countLimits(events, store);
  countAuthentication(events, store);
  countDefects(events, store);
}

function countLimits(events: Events, store: MetricStore): void {
  const measured = store.counter({
    name: 'gateway_limit_measured_total',
    help: 'Requests over a limit that only measures, by the name of the limit',
    labels: ['limit'],
  });
  events.on('limitMeasured', ({ limit }) => measured.add(1, limit));
  const changes = store.counter({
    name: 'gateway_limiter_changes_total',
    help: 'Changes between counters in the shared store and counters of this process alone, by the new state',
    labels: ['state'],
  });
  let isLocal = false;
  events.on('limitStoreChanged', ({ state }) => {
    isLocal = state === 'local';
    changes.add(1, state);
  });
  store.gauge(
    {
      name: 'gateway_limiter_degraded',
      help: '1: limits are counted by this process alone, because the shared store is unavailable',
      labels: [],
    },
    () => [[isLocal ? 1 : 0]],
  );
  const lost = store.counter({
    name: 'gateway_store_changes_total',
    help: 'Connections to the shared store, by the new state (connected, lost)',
    labels: ['state'],
  });
  let isLost = false;
  events.on('storeChanged', ({ state }) => {
    isLost = state === 'lost';
    lost.add(1, state);
  });
  store.gauge(
    { name: 'gateway_store_lost', help: '1: there is no connection to the shared store', labels: [] },
    () => [[isLost ? 1 : 0]],
  );
}

function countAuthentication(events: Events, store: MetricStore): void {
  const outcomes = store.counter({
    name: 'gateway_authentications_total',
    help: 'Requests by what proved who sent them (none, jwt, ...), or refused, or unavailable',
    labels: ['outcome'],
  });
  events.on('requestAuthenticated', ({ outcome }) => outcomes.add(1, outcome));
  const providers = store.counter({
    name: 'gateway_identity_provider_failures_total',
    help: 'Key sets that could not be fetched, and introspections that failed',
    labels: [],
  });
  events.on('identityProviderFailed', () => providers.add(1));
  const data = store.counter({
    name: 'gateway_auth_data_failures_total',
    help: 'Times that API keys or revocations could not be read or written',
    labels: ['what'],
  });
  events.on('authDataFailed', ({ what }) => data.add(1, what));
  store.gauge(
    {
      name: 'gateway_api_key_expiry_timestamp_seconds',
      help: 'When the first API key of a client expires, of those in a file that are valid now, in seconds since the epoch',
      labels: ['client'],
    },
    () => events.readings.current('apiKeyExpiry'),
  );
  store.gauge(
    {
      name: 'gateway_certificate_expiry_timestamp_seconds',
      help: 'When the first certificate of a file of the listener expires, in seconds since the epoch',
      labels: ['certificate'],
    },
    () => events.readings.current('certificateExpiry'),
  );
  const mismatches = store.counter({
    name: 'gateway_client_mismatches_total',
    help: 'Requests that named a client which their credentials do not prove',
    labels: [],
  });
  events.on('clientMismatched', () => mismatches.add(1));
}

function countDefects(events: Events, store: MetricStore): void {
  const defects = store.counter({
    name: 'gateway_defects_total',
    help: 'Unexpected errors in the gateway itself, rules of policies that throw included',
    labels: ['kind'],
  });
  for (const kind of ['policy', 'gateway']) defects.add(0, kind);
  // Where it was names rules and modules: that is for the log.
  events.on('defect', ({ where }) => defects.add(1, where.startsWith('policy rule') ? 'policy' : 'gateway'));
  let overload = 0;
  events.on('overloadChanged', ({ level }) => (overload = level));
  store.gauge(
    {
      name: 'gateway_overload_level',
      help: '0: not overloaded, 1: queries are refused, 2: all requests are',
      labels: [],
    },
    () => [[overload]],
  );
  const spans = store.counter({
    name: 'gateway_spans_dropped_total',
    help: 'Spans that never reached their receiver, by reason (queue full, export failed)',
    labels: ['reason'],
  });
  events.on('spansDropped', ({ spans: count, reason }) => spans.add(count, reason));
  const dropped = store.counter({
    name: 'gateway_connections_closed_total',
    help: 'Connections closed because there were too many, or because a client did not read its response',
    labels: ['reason'],
  });
  // Prometheus sees an increase only from a value that it has seen before.
  for (const reason of ['evicted', 'refused', 'unread']) dropped.add(0, reason);
  events.on('connectionsShed', ({ silent, idle, incomplete, refused }) => {
    dropped.add(silent + idle + incomplete, 'evicted');
    dropped.add(refused, 'refused');
  });
  events.on('unreadAnswersDropped', ({ connections }) => dropped.add(connections, 'unread'));
}
