/**
 * How often the gateway asks each backend, and what it asks side by side. Counts and times come from the mocks' own call
 * logs: every call is slowed down, so that calls which could overlap do, and nothing is measured against a clock.
 */
import { beforeEach, describe, expect, it } from 'vitest';

import { callsOf, follows, onlyCall, overlap } from '../support/intervals.ts';
import { useShop } from '../support/shop.ts';

const shop = useShop();
const latencyMs = 150;

describe('the number of calls does not grow with the number of things', () => {
  it('20 orders with user and payment cost one call each to orders, users and payments', async () => {
    const { data, errors } = await shop.query(
      '{ orders(first: 20) { id user { name } payment { status amount } } }',
    );
    expect(errors).toBeUndefined();
    const { orders } = data as { orders: Array<{ user: { name: string } }> };
    expect(orders).toHaveLength(20);
    expect(orders.every(({ user }) => user.name.length > 0)).toBe(true);
    expect(callsOf(shop.mocks)).toEqual({
      orders: ['orders'],
      users: ['GET /users?ids'],
      payments: ['GET /payments?orderIds'],
    });
  });

  it('20 products with stock and shipping estimate cost one GetStocks and one EstimateCosts', async () => {
    const { data, errors } = await shop.query(
      '{ products(first: 20) { upc inStock quantity warehouse shippingEstimate { cost days } } }',
    );
    expect(errors).toBeUndefined();
    const { products } = data as { products: Array<{ shippingEstimate: { cost: number } }> };
    expect(products).toHaveLength(20);
    expect(products.every(({ shippingEstimate }) => shippingEstimate.cost > 0)).toBe(true);
    expect(callsOf(shop.mocks)).toEqual({
      products: ['products'],
      inventory: ['GetStocks'],
      shipping: ['EstimateCosts'],
    });
    expect(onlyCall(shop.mocks, 'inventory').args).toMatchObject({ upcs: expect.any(Array) });
  });

  it('reviews of products with their authors, who repeat, cost one call a service', async () => {
    const { data, errors } = await shop.query(
      '{ topProducts(first: 10) { name reviews(first: 5) { rating author { name } } } }',
    );
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ topProducts: expect.any(Array) });
    expect(callsOf(shop.mocks)).toEqual({
      products: ['topProducts'],
      reviews: ['_entities'],
      users: ['GET /users?ids'],
    });
    const { ids } = onlyCall(shop.mocks, 'users').args as { ids: string[] };
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('an operation that asks twice for the same asks the backend once', async () => {
    const { data } = await shop.query(
      '{ a: user(id: "u1") { name } b: user(id: "u1") { email } order(id: "o1") { user { name } } }',
    );
    expect(data).toMatchObject({ a: { name: expect.any(String) }, b: { email: expect.any(String) } });
    const { users, orders } = callsOf(shop.mocks);
    expect(orders).toEqual(['order']);
    const asked = shop.mocks.service('users').calls.list();
    const ids = asked.flatMap(({ args }) => (args as { ids: string[] }).ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(users?.length).toBeLessThanOrEqual(2);
  });
});

describe('what does not depend on one another runs side by side', () => {
  beforeEach(() => shop.mocks.all.forEach(({ faults }) => faults.set({ latencyMs })));

  it('root fields of several services', async () => {
    await shop.query(
      '{ products { name } latestReviews { rating } orders(first: 1) { status } user(id: "u1") { name } }',
    );
    const calls = (['products', 'reviews', 'orders', 'users'] as const).map((name) =>
      onlyCall(shop.mocks, name),
    );
    expect(overlap(...calls)).toBe(true);
  });

  it('entities of several services, all after the service that names them', async () => {
    await shop.query('{ orders(first: 20) { user { name } payment { status } shipment { carrier } } }');
    const [orders, users, payments, shipping] = (['orders', 'users', 'payments', 'shipping'] as const).map(
      (name) => onlyCall(shop.mocks, name),
    );
    if (!orders || !users || !payments || !shipping) throw new Error('a call is missing');
    expect(overlap(users, payments, shipping)).toBe(true);
    for (const call of [users, payments, shipping]) expect(follows(call, orders)).toBe(true);
  });

  it('orderDetails: orders, payments and shipping; users once the order says which', async () => {
    const { data, errors } = await shop.query(
      '{ orderDetails(orderId: "o1") { order { status total } user { name } payment { status } shipment { carrier } } }',
    );
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      orderDetails: {
        order: { status: 'SHIPPED' },
        user: { name: expect.any(String) },
        payment: { status: 'CAPTURED' },
        shipment: { carrier: expect.any(String) },
      },
    });
    expect(callsOf(shop.mocks)).toEqual({
      orders: ['_entities'],
      users: ['GET /users?ids'],
      payments: ['GET /payments?orderIds'],
      shipping: ['GetShipments'],
    });
    const orders = onlyCall(shop.mocks, 'orders');
    expect(overlap(orders, onlyCall(shop.mocks, 'payments'), onlyCall(shop.mocks, 'shipping'))).toBe(true);
    expect(follows(onlyCall(shop.mocks, 'users'), orders)).toBe(true);
  });

  it('userDashboard: orders and recommendations, each asked once, then what they name', async () => {
    const { data, errors } = await shop.query(
      `{ userDashboard(userId: "u1") {
        user { name } recentOrders { id status } recommendations { upc name } stats { totalOrders totalSpent }
      } }`,
    );
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      userDashboard: { user: { name: expect.any(String) }, stats: { totalOrders: expect.any(Number) } },
    });
    const dashboardOrders = onlyCall(shop.mocks, 'orders', 'ordersOfUsers');
    const recommendations = onlyCall(shop.mocks, 'products', 'recommendations');
    expect(overlap(dashboardOrders, recommendations)).toBe(true);
    const statuses = onlyCall(shop.mocks, 'orders', 'Order');
    const names = onlyCall(shop.mocks, 'products', 'Product');
    expect(overlap(statuses, names)).toBe(true);
    expect(follows(statuses, dashboardOrders)).toBe(true);
    expect(follows(names, recommendations)).toBe(true);
    onlyCall(shop.mocks, 'users');
  });

  it('placeOrder: first the order, then payment and shipment', async () => {
    const { data, errors } = await shop.query(placeOrder, {
      variables: { input: orderInput },
      headers: { 'x-user-id': 'u1', 'x-correlation-id': 'checkout-7' },
    });
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      placeOrder: {
        order: { id: 'o501', status: 'PENDING' },
        payment: { status: 'AUTHORIZED' },
        shipment: { status: 'LABEL_CREATED' },
      },
    });
    const created = onlyCall(shop.mocks, 'orders', 'createOrder');
    const paid = onlyCall(shop.mocks, 'payments');
    const shipped = onlyCall(shop.mocks, 'shipping');
    expect([paid.operation, shipped.operation]).toEqual(['POST /payments', 'CreateShipment']);
    expect(overlap(paid, shipped)).toBe(true);
    expect(follows(paid, created) && follows(shipped, created)).toBe(true);
    for (const { headers } of [created, paid, shipped]) {
      expect(headers).toMatchObject({ 'x-user-id': 'u1', 'x-correlation-id': 'checkout-7' });
    }
    expect(paid.headers['idempotency-key']).toBe('order-o501');
    expect(shop.mocks.service('payments').ledger.created).toBe(1);
  });

  it('two mutations of one operation run one after the other', async () => {
    const { errors } = await shop.query(
      `mutation ($first: PlaceOrderInput!, $second: AddReviewInput!) {
        placeOrder(input: $first) { order { id } }
        addReview(input: $second) { id }
      }`,
      {
        variables: {
          first: orderInput,
          second: { upc: 'p1', userId: 'u1', rating: 5, body: 'Holds water.' },
        },
      },
    );
    expect(errors).toBeUndefined();
    const reviewed = onlyCall(shop.mocks, 'reviews');
    expect(follows(reviewed, onlyCall(shop.mocks, 'payments'))).toBe(true);
    expect(follows(reviewed, onlyCall(shop.mocks, 'shipping'))).toBe(true);
  });
});

it('headers that are not on the list stay with the gateway', async () => {
  await shop.query('{ user(id: "u1") { name } products(first: 1) { name inStock } }', {
    headers: { authorization: 'Bearer secret', cookie: 'a=b', 'x-private': 'mine', 'x-user-id': 'u9' },
  });
  for (const name of ['users', 'products', 'inventory'] as const) {
    const call = onlyCall(shop.mocks, name);
    expect(call.headers).toMatchObject({ 'x-user-id': 'u9', 'x-request-id': expect.any(String) });
    expect(call.authorizationPresent).toBe(false);
    expect(call.headerNames).not.toContain('cookie');
    expect(call.headerNames).not.toContain('x-private');
  }
});

const placeOrder = `mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id status total } payment { status amount } shipment { carrier status } }
}`;

const orderInput = {
  customer: { id: 'u1' },
  items: [{ product: { upc: 'p3' }, quantity: 2 }],
  shipTo: { name: 'Ada', street: 'Main 1', city: 'Lyon', country: 'FR' },
  payment: { method: 'CARD' },
};
