/**
 * What the mock services promise to the tests, the demo and the benchmarks that stand on them.
 * Real sockets throughout: one set of mocks on free ports, put back to its first state before each test.
 */
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { getJson, grpcClient, postJson, query } from '../../subgraphs-mock/shared/test-clients.ts';
import type { GrpcClient } from '../../subgraphs-mock/shared/test-clients.ts';
import { startMocks } from '../../subgraphs-mock/start.ts';
import type { Mocks } from '../../subgraphs-mock/start.ts';

let mocks: Mocks;
let inventory: GrpcClient;
let shipping: GrpcClient;

beforeAll(async () => {
  mocks = await startMocks({ portBase: 0 });
  const urlOf = (name: 'inventory' | 'shipping') => mocks.service(name).url;
  inventory = grpcClient(urlOf('inventory'), 'inventory.proto', 'tributary.inventory.v1.Inventory');
  shipping = grpcClient(urlOf('shipping'), 'shipping.proto', 'tributary.shipping.v1.Shipping');
});

beforeEach(() => mocks.reset());

afterAll(async () => {
  inventory.close();
  shipping.close();
  await mocks.close();
});

describe('the GraphQL mocks', () => {
  it('answer queries for the same shop', async () => {
    const { data } = await query(
      mocks,
      'products',
      '{ product(upc: "p1") { upc price } products(first: 1000) { upc } }',
    );
    expect(data).toMatchObject({ product: { upc: 'p1', price: expect.any(Number) } });
    expect(data?.['products']).toHaveLength(200);
    const orders = await query(
      mocks,
      'orders',
      '{ order(id: "o1") { status items { unitPrice product { upc } } } }',
    );
    expect(orders.data).toMatchObject({ order: { status: 'SHIPPED' } });
  });

  it('resolve known entities and give null for unknown ones', async () => {
    const answer = await query(
      mocks,
      'reviews',
      'query($representations: [_Any!]!) { _entities(representations: $representations) { ... on Product { upc reviewCount averageRating } } }',
      {
        representations: [
          { __typename: 'Product', upc: 'p7' },
          { __typename: 'Product', upc: 'no-such' },
        ],
      },
    );
    expect(answer.data?.['_entities']).toEqual([
      { upc: 'p7', reviewCount: expect.any(Number), averageRating: expect.any(Number) },
      null,
    ]);
  });

  it('refuse what is not a valid operation', async () => {
    const { url } = mocks.service('products');
    const answer = await postJson(url, { query: '{ nothing }' });
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('nothing') });
    expect((await postJson(url, { query: '{' })).status).toBe(400);
    expect((await postJson(url, { noQuery: 1 })).status).toBe(400);
    expect((await fetch(url)).status).toBe(405);
  });

  it('remember what a mutation created until they are reset', async () => {
    const input = { upc: 'p1', userId: 'u1', rating: 5, body: 'Splendid.' };
    const add = 'mutation Add($input: AddReviewInput!) { addReview(input: $input) { id } }';
    expect((await query(mocks, 'reviews', add, { input })).data).toEqual({ addReview: { id: 'r2001' } });
    const latest = '{ latestReviews(first: 1) { id body } }';
    expect((await query(mocks, 'reviews', latest)).data).toEqual({
      latestReviews: [{ id: 'r2001', body: 'Splendid.' }],
    });
    mocks.reset();
    expect((await query(mocks, 'reviews', latest)).data).toMatchObject({ latestReviews: [{ id: 'r2000' }] });
  });

  it('price a new order by the catalogue and list it first for its user', async () => {
    const { data: catalogue } = await query(mocks, 'products', '{ product(upc: "p3") { price } }');
    const { price } = (catalogue as { product: { price: number } }).product;
    const { data } = await query(mocks, 'orders', createOrder, { input: orderInput });
    expect(data).toEqual({ createOrder: { id: 'o501', status: 'PENDING', total: 2 * price } });
    const { data: after } = await query(
      mocks,
      'orders',
      '{ ordersOfUsers(userIds: ["u5", "nobody"], first: 1) { userId totalOrders orders { id } } }',
    );
    expect(after?.['ordersOfUsers']).toEqual([
      { userId: 'u5', totalOrders: expect.any(Number), orders: [{ id: 'o501' }] },
    ]);
  });

  it('refuse an order for what does not exist, and say why', async () => {
    const answer = await query(mocks, 'orders', createOrder, {
      input: { ...orderInput, itemUpcs: ['p999'] },
    });
    expect(answer).toMatchObject({
      data: null,
      errors: [{ message: 'there is no product p999', extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });

  it('give the same answers in every start', async () => {
    const text = '{ topProducts(first: 50) { upc name price } recommendations(userId: "u9") { upc } }';
    const again = await startMocks({ portBase: 0, only: ['products'] });
    try {
      const first = await textOf(mocks.service('products').url, text);
      expect(await textOf(again.service('products').url, text)).toBe(first);
    } finally {
      await again.close();
    }
  });

  it('answer a memoised request with the same bytes, and afresh after a mutation', async () => {
    const memoised = await startMocks({ portBase: 0, only: ['reviews'], memoise: true });
    try {
      const { url } = memoised.service('reviews');
      const text = '{ latestReviews(first: 1) { id } }';
      const first = await textOf(url, text);
      expect(await textOf(url, text)).toBe(first);
      await textOf(
        url,
        'mutation { addReview(input: { upc: "p1", userId: "u1", rating: 1, body: "No." }) { id } }',
      );
      expect(await textOf(url, text)).toContain('r2001');
      expect(memoised.service('reviews').calls.total).toBe(4);
    } finally {
      await memoised.close();
    }
  });
});

describe('the REST mocks', () => {
  it('give one thing, several things, or 404', async () => {
    const { url } = mocks.service('users');
    expect(await getJson(`${url}/users/u1`)).toMatchObject({ status: 200, body: { id: 'u1' } });
    expect(await getJson(`${url}/users/u0`)).toEqual({ status: 404, body: { error: 'not found' } });
    const several = await getJson(`${url}/users?ids=u1,u2,u999,u2`);
    expect((several.body as Array<{ id: string }>).map(({ id }) => id).sort()).toEqual(['u1', 'u2']);
  });

  it('refuse more than 100 ids', async () => {
    const ids = Array.from({ length: 101 }, (_, n) => `x${n}`).join();
    expect((await getJson(`${mocks.service('users').url}/users?ids=${ids}`)).status).toBe(400);
    expect((await getJson(`${mocks.service('payments').url}/payments?orderIds=${ids}`)).status).toBe(400);
  });

  it('take a payment once per idempotency key and keep count', async () => {
    const { ledger, controlUrl } = mocks.service('payments');
    expect(ledger).toEqual({ created: 0, keys: {} });
    const first = await pay('o501', 'key-1');
    expect(first).toMatchObject({
      status: 201,
      body: { id: 'pay-o501', status: 'AUTHORIZED', amount: 1_999 },
    });
    expect(await pay('o501', 'key-1')).toEqual(first);
    expect((await pay('o501', 'key-2')).body).not.toEqual(first.body);
    expect(mocks.service('payments').ledger).toEqual({ created: 2, keys: { 'key-1': 2, 'key-2': 1 } });
    expect((await getJson(`${controlUrl}/ledger`)).body).toEqual(mocks.service('payments').ledger);
  });

  it('refuse a payment that makes no sense', async () => {
    const { url } = mocks.service('payments');
    const answer = await postJson(`${url}/payments`, { orderId: 'o1', amount: 1, method: 'SEASHELLS' });
    expect(answer).toEqual({ status: 400, text: '{"error":"method must be one of CARD, PAYPAL, INVOICE"}' });
  });
});

describe('the gRPC mocks', () => {
  it('answer single and batched calls, and leave unknown ids out', async () => {
    expect(await inventory.unary('GetStock', { upc: 'p1' })).toMatchObject({ upc: 'p1' });
    const { stocks } = await inventory.unary('GetStocks', { upcs: ['p2', 'nope', 'p1'] });
    expect((stocks as Array<{ upc: string }>).map(({ upc }) => upc)).toEqual(['p2', 'p1']);
    const { estimates } = await shipping.unary('EstimateCosts', {
      parcels: [{ upc: 'p1', weightGrams: 2_500, valueCents: 10_000 }],
    });
    expect(estimates).toEqual([{ upc: 'p1', costCents: 850, days: 3 }]);
  });

  it('say NOT_FOUND for an unknown upc', async () => {
    await expect(inventory.unary('GetStock', { upc: 'p0' })).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
  });

  it('ship an order once, however often they are asked', async () => {
    const address = { name: 'Ada', street: 'Main 1', city: 'Lyon', country: 'FR' };
    const shipment = await shipping.unary('CreateShipment', { orderId: 'o501', ...address });
    expect(shipment).toMatchObject({ id: 'shp-o501', orderId: 'o501', status: 'LABEL_CREATED' });
    expect(await shipping.unary('CreateShipment', { orderId: 'o501', ...address })).toEqual(shipment);
    mocks.reset();
    expect(await shipping.unary('GetShipments', { orderIds: ['o501', 'o1'] })).toMatchObject({
      shipments: [{ id: 'shp-o1', status: 'IN_TRANSIT' }],
    });
  });

  it('stream as many updates as asked for', async () => {
    const seen = await inventory.stream('WatchStock', { upcs: ['p1', 'p2'], updates: 5 });
    expect(seen.map(({ upc }) => upc)).toEqual(['p1', 'p2', 'p1', 'p2', 'p1']);
    const events = await shipping.stream('TrackShipment', { orderId: 'o1' });
    expect(events.map((event) => event['status'])).toEqual(['LABEL_CREATED', 'PICKED_UP', 'IN_TRANSIT']);
    expect(events.map(({ at }) => String(at))).toEqual(events.map(({ at }) => String(at)).sort());
  });

  it('stop streaming when the client leaves', async () => {
    await inventory.firstOf('WatchStock', { upcs: ['p1'], updates: 0 });
    await expect.poll(() => mocks.service('inventory').calls.list()[0]?.outcome).toBe('aborted');
  });
});

describe('the call log', () => {
  it('keeps times, arguments and named headers, and of credentials only that they were there', async () => {
    const headers = {
      authorization: 'Bearer secret',
      'x-user-id': 'u1',
      'x-correlation-id': 'c-1',
      cookie: 'a=b',
    };
    await query(mocks, 'reviews', 'query Newest { latestReviews { id } }', {}, headers);
    await fetch(`${mocks.service('users').url}/users?ids=u1,u2`, { headers: { 'x-request-id': 'r-1' } });
    await inventory.unary('GetStocks', { upcs: ['p1'] }, { metadata: { 'x-user-id': 'u7' } });

    const [graphql] = mocks.service('reviews').calls.list();
    expect(graphql).toMatchObject({
      operation: 'Newest',
      names: ['Newest', 'latestReviews'],
      outcome: 'answered',
      status: 200,
      authorizationPresent: true,
      headers: { 'x-user-id': 'u1', 'x-correlation-id': 'c-1' },
    });
    expect(graphql?.endedAtMs).toBeGreaterThanOrEqual(graphql?.startedAtMs ?? Infinity);
    expect(Math.abs((graphql?.startedAtEpochMs ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(JSON.stringify(graphql)).not.toContain('secret');
    expect(mocks.service('users').calls.list()).toMatchObject([
      { operation: 'GET /users?ids', args: { ids: ['u1', 'u2'] }, headers: { 'x-request-id': 'r-1' } },
    ]);
    expect(mocks.service('inventory').calls.list()).toMatchObject([
      { operation: 'GetStocks', args: { upcs: ['p1'] }, headers: { 'x-user-id': 'u7' }, status: 0 },
    ]);
  });

  it('is read and cleared at the control address', async () => {
    await query(mocks, 'products', '{ topProducts { upc } }');
    const { controlUrl } = mocks.service('products');
    expect(await getJson(`${controlUrl}/calls`)).toMatchObject({
      status: 200,
      body: { total: 1, calls: [{ operation: 'topProducts' }] },
    });
    expect((await fetch(`${controlUrl}/calls`, { method: 'DELETE' })).status).toBe(204);
    expect((await getJson(`${controlUrl}/calls`)).body).toEqual({ total: 0, calls: [] });
  });
});

describe('starting and stopping', () => {
  it('a service that was stopped comes back on its port with what it knew', async () => {
    const shop = mocks.service('orders');
    await query(mocks, 'orders', createOrder, { input: orderInput });
    await shop.stop();
    await expect(query(mocks, 'orders', '{ __typename }')).rejects.toThrow();
    await shop.restart();
    const { data } = await query(mocks, 'orders', '{ order(id: "o501") { id } }');
    expect(data).toEqual({ order: { id: 'o501' } });
  });

  it('a gRPC service restarts under a client that keeps its channel', async () => {
    await inventory.unary('GetStock', { upc: 'p1' });
    await mocks.service('inventory').restart();
    const again = async () => inventory.unary('GetStock', { upc: 'p1' }).catch(() => undefined);
    await expect.poll(again).toMatchObject({ upc: 'p1' });
  });

  it('a taken port stops the start, and none of the others is left running', async () => {
    const taken = Number(new URL(mocks.service('users').url).port);
    const start = startMocks({ portBase: 0, only: ['users', 'payments'], ports: { users: taken } });
    await expect(start).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('names those there are when asked for one that was not started', async () => {
    const some = await startMocks({ portBase: 0, only: ['users'] });
    expect(() => some.service('orders')).toThrow('orders was not started; started: users');
    await some.close();
  });
});

const createOrder =
  'mutation Create($input: CreateOrderInput!) { createOrder(input: $input) { id status total } }';

const orderInput = {
  userId: 'u5',
  itemUpcs: ['p3'],
  itemQuantities: [2],
  shipName: 'Ada',
  shipStreet: 'Main 1',
  shipCity: 'Lyon',
  shipCountry: 'FR',
  paymentMethod: 'CARD',
};

async function textOf(url: string, text: string): Promise<string> {
  return (await postJson(url, { query: text })).text;
}

async function pay(orderId: string, idempotencyKey: string): Promise<{ status: number; body: unknown }> {
  const payment = { orderId, amount: 1_999, method: 'CARD' };
  const headers = { 'idempotency-key': idempotencyKey };
  const answer = await postJson(`${mocks.service('payments').url}/payments`, payment, headers);
  return { status: answer.status, body: JSON.parse(answer.text) };
}
