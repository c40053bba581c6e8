/** Which series an event counts in, and that nothing that a client chooses makes endless series. */

import { expect, it } from 'vitest';

import { metricsSchema, type MetricsConfig } from '../../config/gateway/metrics.ts';
import { GatewayError } from '../../shared/errors.ts';
import { Events, type GatewayEvents } from '../../shared/events.ts';
import { measureGateway } from './gateway-metrics.ts';
import { metricsText } from './registry.ts';

const ended: GatewayEvents['requestEnded'] = {
  locals: null,
  spanId: 1,
  requestId: 'r1',
  traceId: null,
  isSampled: false,
  method: 'POST',
  route: '/graphql',
  httpStatus: 200,
  durationMs: 20,
  client: 'web',
  clientVersion: '4.1',
  operationName: 'Home',
  operationKind: 'query',
  errorCounts: [],
};
const callEnded: GatewayEvents['callEnded'] = {
  locals: new Map(),
  spanId: 2,
  requestId: 'r1',
  service: 'orders',
  endpoint: null,
  attempt: 0,
  error: null,
  outcome: 'answered',
  durationMs: 3,
};

it.each<[string, (events: Events) => void, readonly string[]]>([
  [
    'a request',
    (events) => events.emit('requestEnded', ended),
    [
      'gateway_requests_total{method="POST",route="/graphql",status_code="200"} 1',
      'gateway_request_duration_seconds_bucket{le="0.01",method="POST",route="/graphql"} 0',
      'gateway_request_duration_seconds_bucket{le="0.025",method="POST",route="/graphql"} 1',
      'gateway_request_duration_seconds_sum{method="POST",route="/graphql"} 0.02',
      'gateway_client_requests_total{client="web",version="4.1",outcome="ok"} 1',
      'gateway_operations_total{client="web",operation="Home",kind="query",outcome="ok"} 1',
    ],
  ],
  [
    'errors inside a 200',
    (events) =>
      events.emit('requestEnded', {
        ...ended,
        errorCounts: [
          { code: 'SERVICE_TIMEOUT', service: 'orders', count: 3 },
          { code: 'FORBIDDEN', service: null, count: 2 },
          { code: 'OUT_OF_STOCK', service: 'orders', count: 1 },
        ],
      }),
    [
      'gateway_errors_total{code="SERVICE_TIMEOUT",service="orders"} 3',
      'gateway_errors_total{code="FORBIDDEN",service=""} 2',
      'gateway_errors_total{code="other",service="orders"} 1',
      'gateway_client_requests_total{client="web",version="4.1",outcome="failed"} 1',
    ],
  ],
  [
    'a request over a limit, of no client',
    (events) =>
      events.emit('requestEnded', {
        ...ended,
        httpStatus: 429,
        client: null,
        clientVersion: null,
        operationName: null,
        operationKind: null,
        errorCounts: [{ code: 'RATE_LIMITED', service: null, count: 1 }],
      }),
    [
      'gateway_rate_limit_exceeded_total{client_id="none",route="/graphql"} 1',
      'gateway_client_requests_total{client="none",version="",outcome="refused"} 1',
      'gateway_errors_total{code="RATE_LIMITED",service=""} 1',
    ],
  ],
  [
    'a health check, and bytes that are no HTTP',
    (events) => {
      const other = { httpStatus: 200, code: null, durationMs: 1 };
      events.emit('otherResponseSent', { ...other, method: 'GET', route: '/health/live' });
      events.emit('otherResponseSent', {
        ...other,
        method: 'other',
        route: 'other',
        httpStatus: 400,
        code: 'BAD_REQUEST',
      });
    },
    [
      'gateway_requests_total{method="GET",route="/health/live",status_code="200"} 1',
      'gateway_requests_total{method="other",route="other",status_code="400"} 1',
      'gateway_errors_total{code="BAD_REQUEST",service=""} 1',
    ],
  ],
  [
    'a call, its retry and its breaker',
    (events) => {
      events.emit('callEnded', callEnded);
      events.emit('callEnded', { ...callEnded, outcome: 'timeout', error: new Error('late') });
      events.emit('callRetried', {
        service: 'orders',
        requestId: 'r',
        attempt: 1,
        outcome: 'timeout',
        delayMs: 1,
      });
      events.emit('callHedged', { service: 'orders', requestId: 'r', afterMs: 5 });
      events.emit('callShared', { service: 'orders', requestId: 'r' });
      events.emit('callRefused', { service: 'orders', reason: 'breaker open' });
      events.emit('breakerChanged', {
        service: 'orders',
        replica: null,
        from: 'closed',
        to: 'open',
        reason: 'failures',
        openMs: 1000,
      });
      events.readings.offer('breakerState', () => [
        [0, 'orders'],
        [2, 'orders'],
      ]);
      events.readings.offer('callsInFlight', () => [
        [3, 'orders'],
        [4, 'orders'],
      ]);
    },
    [
      'gateway_service_requests_total{service="orders",outcome="answered"} 1',
      'gateway_service_requests_total{service="orders",outcome="timeout"} 1',
      'gateway_service_request_duration_seconds_count{service="orders"} 2',
      'gateway_service_retries_total{service="orders",outcome="timeout"} 1',
      'gateway_service_hedges_total{service="orders"} 1',
      'gateway_service_requests_shared_total{service="orders"} 1',
      'gateway_service_refused_total{service="orders",reason="breaker open"} 1',
      'gateway_breaker_transitions_total{service="orders",from="closed",to="open"} 1',
      'gateway_breaker_state{service="orders",process="0"} 2',
      'gateway_service_requests_in_flight{service="orders",process="0"} 7',
    ],
  ],
  [
    'operations that are planned, or are not',
    (events) => {
      const prepared = { spanId: 3, operationName: null, durationMs: 4, error: null };
      events.emit('operationLookedUp', { found: 'hit' });
      events.emit('operationLookedUp', { found: 'miss' });
      events.emit('preparationEnded', prepared);
      const details = { public: { retryAfter: 10 } };
      const error = new GatewayError('PLANNING_TIMEOUT', 'too long', details);
      events.emit('preparationEnded', { ...prepared, error });
    },
    [
      'gateway_plan_cache_requests_total{result="hit"} 1',
      'gateway_plan_cache_requests_total{result="miss"} 1',
      'gateway_planning_duration_seconds_count 2',
      'gateway_planning_failures_total{code="PLANNING_TIMEOUT"} 1',
      'gateway_quarantined_operations_total 1',
    ],
  ],
  [
    'a graph and its reloads',
    (events) => {
      events.emit('supergraphLoaded', { hash: 'h1', subgraphs: [], durationMs: 1 });
      events.emit('supergraphLoaded', { hash: 'h2', subgraphs: [], durationMs: 1 });
      events.emit('graphReplaced', { hash: 'h2' });
      events.emit('supergraphRefused', { error: new Error('no') });
      events.emit('clientRefused', { client: 'web', error: new Error('no') });
    },
    [
      'gateway_supergraph_info{hash="h2",process="0"} 1',
      'gateway_generation{process="0"} 2',
      'gateway_reloads_total{what="graph",result="replaced"} 1',
      'gateway_reloads_total{what="graph",result="refused"} 1',
      'gateway_reloads_total{what="clients",result="refused"} 1',
    ],
  ],
  [
    'limits, credentials and defects',
    (events) => {
      const limit = { requestId: 'r', client: 'web', limit: 'tier', max: 1, actual: null };
      events.emit('limitMeasured', limit);
      events.emit('limitStoreChanged', { state: 'local', reason: 'lost' });
      events.emit('requestAuthenticated', { outcome: 'jwt' });
      events.emit('requestAuthenticated', { outcome: 'refused' });
      events.emit('defect', { where: 'policy rule isOwner', requestId: 'r', error: new Error('x') });
    },
    [
      'gateway_limit_measured_total{limit="tier"} 1',
      'gateway_limiter_degraded{process="0"} 1',
      'gateway_authentications_total{outcome="jwt"} 1',
      'gateway_authentications_total{outcome="refused"} 1',
      'gateway_defects_total{kind="policy"} 1',
    ],
  ],
])('counts %s', async (_what, happen, lines) => {
  const { events, text } = given();
  happen(events);
  const written = (await text()).split('\n').map(sortedLabels);
  for (const line of lines) expect(written).toContain(sortedLabels(line));
});

it('counts by the names of OpenTelemetry where they are asked for', async () => {
  const { events, text } = given({ semanticNames: true });
  events.emit('requestEnded', { ...ended, httpStatus: 503 });
  events.emit('callEnded', { ...callEnded, outcome: 'timeout' });
  const written = await text();
  expect(written).toContain(
    'http_server_request_duration_seconds_count{http_request_method="POST",http_route="/graphql",http_response_status_code="503",error_type="503"} 1',
  );
  expect(written).toContain(
    'graphql_server_operation_duration_seconds_count{graphql_operation_type="query",graphql_operation_name="Home",error_type=""} 1',
  );
  expect(written).toContain(
    'http_client_request_duration_seconds_count{peer_service="orders",error_type="timeout"} 1',
  );
});

it('one client cannot use up the names of operations of others', async () => {
  const { events, text } = given({ semanticNames: true, operationsMax: 2 });
  for (const operationName of ['A1', 'A2', 'A3'])
    events.emit('requestEnded', { ...ended, client: 'partner', operationName });
  events.emit('requestEnded', { ...ended, client: 'web', operationName: 'Home' });
  const written = await text();
  for (const name of ['A1', 'A2', 'other', 'Home'])
    expect(written).toContain(`graphql_operation_name="${name}"`);
  expect(written).not.toContain('graphql_operation_name="A3"');
});

it('has as many series for 20,000 names of operations, versions and codes as for a few hundred', async () => {
  const { events, text } = given({ semanticNames: true });
  const series = async (): Promise<number> =>
    (await text()).split('\n').filter((line) => !line.startsWith('#')).length;
  const send = (from: number, to: number): void => {
    for (let i = from; i < to; i += 1) {
      events.emit('requestEnded', {
        ...ended,
        clientVersion: `v${i}`,
        operationName: `Operation${i}`,
        errorCounts: [{ code: `CODE_${i}`, service: `service${i}`, count: 1 }],
      });
    }
  };
  send(0, 1500);
  const before = await series();
  send(1500, 20_000);
  expect(await series()).toBe(before);
  expect(before).toBeLessThan(30_000);
});

/** The library does not promise an order. */
function sortedLabels(line: string): string {
  return line.replace(/\{(.*)\}/, (_all, labels: string) => `{${labels.split(',').toSorted().join(',')}}`);
}

function given(changes: Partial<MetricsConfig> = {}) {
  const events = new Events();
  const { store, close } = measureGateway(events, { ...metricsSchema.parse({}), ...changes }, '0');
  close();
  return { events, text: async () => (await metricsText(store, 'prometheus')).text };
}
