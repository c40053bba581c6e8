/** Traces of the demo shop, as a receiver of OTLP got them over HTTP. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { MockName } from '../../subgraphs-mock/shared/mock.ts';
import { otlpReceiver, treeOf, type OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.ts';
import { openShop, type Shop } from '../support/shop.ts';

const callerSpan = 'b7ad6b7169203331';
const latencyMs = 150;
const orderDetails = `query Details {
  orderDetails(orderId: "o1") {
    order { status total } user { name } payment { status } shipment { carrier }
  }
}`;

let receiver: OtlpReceiver;
let shop: Shop;

beforeAll(async () => {
  receiver = await otlpReceiver();
  shop = await openShop({
    settings: `
traces:
  # Only requests of a caller that is traced.
  sampleRatio: 0
  serverTiming: true
  serviceName: shop-gateway
  resource: { deployment.environment.name: test }
  otlp: { url: "${receiver.url}", intervalMs: 50 }
errors: { traceId: true }
metrics: { port: 0, openMetrics: true }
`,
  });
});
beforeEach(() => shop.mocks.reset());
afterAll(async () => {
  await shop.close();
  await receiver.close();
});

function traceOf(operation: string): Promise<readonly ReceivedSpan[]> {
  return receiver.trace(({ attributes }) => attributes['graphql.operation.name'] === operation);
}

let callers = 0;

/** A caller with a trace of its own. */
function caller(flags = '01') {
  callers += 1;
  const traceId = `${'a'.repeat(30)}${callers.toString(16).padStart(2, '0')}`;
  return { traceId, headers: { traceparent: `00-${traceId}-${callerSpan}-${flags}`, tracestate: 'rojo=1' } };
}

function named(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const found = spans.filter((span) => span.name === name);
  if (found.length !== 1) throw new Error(`${found.length} spans are named ${name}`);
  return found[0] as ReceivedSpan;
}

/** The `traceparent` of each call of a service. */
function toldTo(service: MockName): unknown[] {
  const calls = shop.mocks.service(service).calls.list();
  return calls.map((call) => call.headers['traceparent']);
}

describe('orderDetails', () => {
  const { traceId: callerTrace, headers } = caller();
  let spans: readonly ReceivedSpan[];

  beforeAll(async () => {
    shop.mocks.reset();
    for (const { faults } of shop.mocks.all) faults.set({ latencyMs });
    const { errors, headers: answered } = await shop.query(orderDetails, { headers });
    expect(errors).toBeUndefined();
    spans = await traceOf('Details');
    // Before the mocks are reset.
    for (const service of ['orders', 'payments', 'shipping', 'users'] as const) {
      expect(toldTo(service)).toEqual([`00-${callerTrace}-${named(spans, `call ${service}`).id}-01`]);
    }
    const { id } = named(spans, 'POST /graphql');
    expect(answered.get('server-timing')).toBe(`traceparent;desc="00-${callerTrace}-${id}-01"`);
  });

  it('is a tree of the stages, the steps of the plan and the calls', () => {
    const tree = treeOf(spans);
    console.log(tree.join('\n'));
    const [top, steps] = [tree.slice(0, 7), tree.slice(7)];
    expect(top).toEqual([
      'POST /graphql',
      '  authenticate',
      '  admit',
      '  prepare',
      '    plan',
      '  authorize',
      '  execute',
    ]);
    // Steps that run side by side have no order.
    expect(steps.toSorted()).toEqual(
      [
        ...['    fetch bff', '    fetch bff'],
        ...['orders', 'payments', 'shipping', 'users'].flatMap((service) => [
          `    fetch ${service}`,
          `      call ${service}`,
        ]),
      ].toSorted(),
    );
    for (const service of ['orders', 'payments', 'shipping', 'users']) {
      expect(named(spans, `call ${service}`).parentId).toBe(named(spans, `fetch ${service}`).id);
    }
  });

  it('belongs to the trace of its caller', () => {
    const root = named(spans, 'POST /graphql');
    expect(root).toMatchObject({ kind: 'server', parentId: callerSpan, traceState: 'rojo=1', failure: null });
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([callerTrace]));
    expect(root.resource).toMatchObject({
      'service.name': 'shop-gateway',
      'deployment.environment.name': 'test',
    });
    expect(root.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/graphql',
      'http.response.status_code': 200,
      'graphql.operation.name': 'Details',
      'graphql.operation.type': 'query',
    });
  });

  it('has calls side by side, each within its step, and the step within its stage', () => {
    const [orders, payments, shipping] = ['orders', 'payments', 'shipping'].map((service) =>
      named(spans, `call ${service}`),
    ) as [ReceivedSpan, ReceivedSpan, ReceivedSpan];
    const all = [orders, payments, shipping];
    const lastStart = all.reduce((last, { startNs }) => (startNs > last ? startNs : last), 0n);
    expect(all.every(({ endNs }) => endNs > lastStart)).toBe(true);
    expect(named(spans, 'call users').startNs > orders.endNs).toBe(true);
    for (const span of spans) {
      const parent = spans.find(({ id }) => id === span.parentId);
      expect(span.endNs >= span.startNs).toBe(true);
      if (parent) expect(span.startNs >= parent.startNs && span.endNs <= parent.endNs).toBe(true);
    }
    expect(all.every(({ startNs, endNs }) => endNs - startNs >= BigInt(latencyMs) * 900_000n)).toBe(true);
  });

  it('says where calls went by GraphQL, REST and gRPC, and not what was in them', () => {
    const addressOf = (service: MockName) => {
      const { hostname, port } = new URL(shop.mocks.service(service).url);
      return { 'server.address': hostname, 'server.port': Number(port) };
    };
    const common = (service: MockName) => ({
      'tributary.service': service,
      'peer.service': service,
      'tributary.outcome': 'answered',
      ...addressOf(service),
    });
    const call = (service: MockName) => named(spans, `call ${service}`);
    expect(call('orders')).toMatchObject({ kind: 'client' });
    expect(call('orders').attributes).toEqual({
      ...common('orders'),
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'url.full': shop.mocks.service('orders').url,
    });
    expect(call('users').attributes).toEqual({
      ...common('users'),
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.template': '/users',
    });
    expect(call('shipping').attributes).toMatchObject({
      ...common('shipping'),
      'rpc.system': 'grpc',
      'rpc.method': 'GetShipments',
      'rpc.grpc.status_code': 0,
    });
  });
});

it('a mutation: its calls in turn, and the kind of the operation', async () => {
  const { headers } = caller();
  const { errors } = await shop.query(
    `mutation Place($input: PlaceOrderInput!) {
      placeOrder(input: $input) { order { id } payment { status } shipment { carrier } }
    }`,
    { headers, variables: { input: orderInput } },
  );
  expect(errors).toBeUndefined();
  const spans = await traceOf('Place');
  console.log(treeOf(spans).join('\n'));
  expect(named(spans, 'POST /graphql').attributes['graphql.operation.type']).toBe('mutation');
  const calls = spans
    .filter(({ kind }) => kind === 'client')
    .toSorted((a, b) => Number(a.startNs - b.startNs));
  expect(calls[0]?.name).toBe('call orders');
  for (const later of calls.slice(1)) expect(later.startNs >= (calls[0]?.endNs ?? 0n)).toBe(true);
});

const orderInput = {
  customer: { id: 'u1' },
  items: [{ product: { upc: 'p3' }, quantity: 2 }],
  shipTo: { name: 'Ada', street: 'Main 1', city: 'Lyon', country: 'FR' },
  payment: { method: 'CARD' },
};

it('a service that fails: each attempt, the step, the request, and the id in the error', async () => {
  const { traceId, headers } = caller();
  shop.mocks.service('users').faults.set({ status: 503 });
  const { errors, status } = await shop.query('query Failing { user(id: "u1") { name } }', { headers });
  expect(status).toBe(200);
  expect(errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE', traceId } }]);
  const spans = await traceOf('Failing');
  const attempts = spans
    .filter(({ name }) => name === 'call users')
    .toSorted((a, b) => Number(a.startNs - b.startNs));
  expect(attempts.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([
    undefined,
    1,
    2,
  ]);
  expect(toldTo('users')).toEqual(attempts.map(({ id }) => `00-${traceId}-${id}-01`));
  for (const { attributes, failure } of attempts) {
    expect(attributes).toMatchObject({
      'http.response.status_code': 503,
      'error.type': 'SERVICE_UNAVAILABLE',
      'tributary.outcome': 'server-error',
    });
    expect(failure?.message).toContain('users');
  }
  expect(named(spans, 'fetch users').attributes['error.type']).toBe('SERVICE_UNAVAILABLE');
  const root = named(spans, 'POST /graphql');
  expect(root.failure).not.toBeNull();
  expect(root.attributes).toMatchObject({
    'http.response.status_code': 200,
    'error.type': 'SERVICE_UNAVAILABLE',
    'tributary.errors': 1,
  });
});

it("a client's own fault is no failure of the request", async () => {
  const { traceId, headers } = caller();
  await shop.query('query Wrong { nothing }', { headers });
  const spans = await receiver.trace((span) => span.traceId === traceId);
  const root = named(spans, 'POST /graphql');
  expect(root.attributes['error.type']).toBe('GRAPHQL_VALIDATION_FAILED');
  expect(root.failure).toBeNull();
});

it('one call of several requests is in the trace of the one that sent it, and the others name it', async () => {
  shop.mocks.service('products').faults.set({ latencyMs: 500 });
  const callersTogether = [caller(), caller(), caller()];
  const traces = callersTogether.map(({ traceId }) => traceId);
  await Promise.all(
    callersTogether.map(({ headers }) =>
      shop.query('query Shared { topProducts(first: 1) { name } }', { headers }),
    ),
  );
  for (const wanted of traces) await receiver.trace(({ traceId }) => traceId === wanted);
  const steps = receiver.spans.filter(
    ({ name, traceId }) => name === 'fetch products' && traces.includes(traceId),
  );
  const joined = steps.filter(({ attributes }) => attributes['tributary.shared'] === true);
  console.log(`${steps.length} steps, ${joined.length} of them share the call of another`);
  expect(joined.length).toBeGreaterThan(0);
  for (const { links, traceId, id } of joined) {
    const sender = receiver.spans.find((span) => span.id === links[0]?.spanId);
    expect(sender?.name).toBe('fetch products');
    expect(sender?.traceId).not.toBe(traceId);
    expect(receiver.spans.some(({ parentId }) => parentId === id)).toBe(false);
  }
});

describe('a request that is not recorded', () => {
  it('is not exported, and tells services so', async () => {
    const before = receiver.spans.length;
    const { traceId, headers } = caller('00');
    await shop.query('query Quiet { user(id: "u1") { name } }', { headers });
    const [told] = toldTo('users');
    expect(told).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
    expect(told).not.toBe(headers.traceparent);
    // One that comes after it is there.
    await shop.query('query After { user(id: "u1") { name } }', { headers: caller().headers });
    await traceOf('After');
    expect(receiver.spans.slice(before).some((span) => span.traceId === traceId)).toBe(false);
  });

  it('has an id all the same', async () => {
    const { errors } = await shop.query('{ nothing }');
    const traceId = String(errors?.[0]?.extensions['traceId']);
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    await shop.query('{ user(id: "u1") { name } }', { headers: { traceparent: '00-malformed' } });
    const [told] = toldTo('users');
    expect(told).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });
});

it('is an example of the duration of requests', async () => {
  const { traceId, headers } = caller();
  await shop.query('query Example { user(id: "u1") { name } }', { headers });
  const response = await fetch(shop.metricsUrl, { headers: { accept: 'application/openmetrics-text' } });
  const text = await response.text();
  expect(text).toMatch(
    new RegExp(`^gateway_request_duration_seconds_bucket\\{[^}]*\\} \\d+ # \\{trace_id="${traceId}"\\}`, 'm'),
  );
});
