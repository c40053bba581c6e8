/** What alerts are on: whose fault an error is, what expires, and counters that are there before they count. */

import { expect, it, onTestFinished } from 'vitest';

import { metricsSchema } from '../../config/gateway/metrics.ts';
import type { ErrorCount } from '../../shared/event-spans.ts';
import { Events, type GatewayEvents } from '../../shared/events.ts';
import { measureGateway } from './gateway-metrics.ts';
import { metricsText } from './registry.ts';

function given() {
  const events = new Events();
  const { store, close } = measureGateway(events, metricsSchema.parse({}), '0');
  onTestFinished(close);
  return {
    events,
    store,
    answered: (errorCounts: readonly ErrorCount[], rest: Partial<GatewayEvents['requestEnded']> = {}) =>
      events.emit('requestEnded', { ...answer, errorCounts, ...rest }),
    /** The lines of a metric without its name. Without those of value 0. */
    counted: async (name: string): Promise<readonly string[]> => {
      const { text } = await metricsText(store, 'prometheus');
      const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) && !line.endsWith(' 0'));
      return lines.map((line) => line.slice(name.length));
    },
  };
}

const answer: GatewayEvents['requestEnded'] = {
  spanId: 1,
  requestId: 'r',
  locals: null,
  traceId: null,
  isSampled: false,
  method: 'POST',
  route: '/graphql',
  httpStatus: 200,
  client: 'web',
  clientVersion: null,
  operationName: 'Orders',
  operationKind: 'query',
  errorCounts: [],
  durationMs: 1,
};

function error(code: string, service: string | null = null): ErrorCount {
  return { code, service, count: 1 };
}

it.each([
  ['ok', [], {}],
  ['ok', [], { operationKind: null }],
  ['partial', [error('FORBIDDEN')], {}],
  ['partial', [error('OUT_OF_STOCK', 'orders')], {}],
  ['partial', [error('BAD_USER_INPUT', 'orders')], {}],
  ['failed', [error('FORBIDDEN'), error('SERVICE_TIMEOUT', 'orders')], {}],
  ['failed', [error('INTERNAL_SERVER_ERROR', 'orders')], {}],
  ['failed', [error('OVERLOADED')], { operationKind: null, httpStatus: 503 }],
  ['failed', [error('INTERNAL_ERROR')], { operationKind: null, httpStatus: 500 }],
  ['refused', [error('RATE_LIMITED')], { operationKind: null, httpStatus: 429 }],
  ['refused', [error('NOT_IMPLEMENTED')], { operationKind: null, httpStatus: 501 }],
  ['refused', [error('GRAPHQL_VALIDATION_FAILED')], { operationKind: null }],
] as const)('a request is %s: %o %o', async (outcome, errors, rest) => {
  const { answered, counted } = given();
  answered(errors, rest);
  expect(await counted('gateway_client_requests_total')).toEqual([
    `{client="web",version="",outcome="${outcome}"} 1`,
  ]);
});

it('tells a limit of the gateway from one of a service', async () => {
  const { answered, counted } = given();
  answered([error('RATE_LIMITED', 'payments')]);
  expect(await counted('gateway_rate_limit_exceeded_total')).toEqual([]);
  answered([error('FORBIDDEN'), error('RATE_LIMITED')]);
  expect(await counted('gateway_rate_limit_exceeded_total')).toEqual([
    '{client_id="web",route="/graphql"} 1',
  ]);
});

it('tells whether the shared store is connected', async () => {
  const { events, counted } = given();
  const change = { address: 'redis://127.0.0.1:6379', reason: '' };
  events.emit('storeChanged', { ...change, state: 'lost' });
  expect(await counted('gateway_store_lost')).toEqual(['{process="0"} 1']);
  events.emit('storeChanged', { ...change, state: 'connected' });
  expect(await counted('gateway_store_lost')).toEqual([]);
});

it('tells when certificates and keys expire', async () => {
  const { events, counted } = given();
  events.readings.offer('certificateExpiry', () => [[1_800_000_000, 'server']]);
  events.readings.offer('apiKeyExpiry', () => [[1_900_000_000, 'web']]);
  expect(await counted('gateway_certificate_expiry_timestamp_seconds')).toEqual([
    '{certificate="server",process="0"} 1800000000',
  ]);
  expect(await counted('gateway_api_key_expiry_timestamp_seconds')).toEqual([
    '{client="web",process="0"} 1900000000',
  ]);
});

it('shows a counter that an alert is on before it counts, because an increase needs a value before', async () => {
  const { store } = given();
  const { text } = await metricsText(store, 'prometheus');
  expect(text.split('\n')).toEqual(
    expect.arrayContaining([
      'gateway_planning_failures_total{code="PLANNING_FAILED"} 0',
      'gateway_planning_failures_total{code="PLANNING_TIMEOUT"} 0',
      'gateway_planning_failures_total{code="INTERNAL_ERROR"} 0',
      'gateway_reloads_total{what="graph",result="refused"} 0',
      'gateway_reloads_total{what="clients",result="refused"} 0',
      'gateway_reloads_total{what="credentials",result="refused"} 0',
      'gateway_worker_ends_total 0',
      'gateway_identity_provider_failures_total 0',
      'gateway_defects_total{kind="policy"} 0',
      'gateway_defects_total{kind="gateway"} 0',
      'gateway_connections_closed_total{reason="evicted"} 0',
      'gateway_connections_closed_total{reason="refused"} 0',
    ]),
  );
});
