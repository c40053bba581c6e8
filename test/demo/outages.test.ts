/** What clients get while a backend is broken: everything else, and errors that say which service failed where. */
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';

import type { Fault } from '../../subgraphs-mock/shared/faults.ts';
import { type MockName, mockNames, mockTable } from '../../subgraphs-mock/shared/mock.ts';
import { ask, type GraphqlReply, type ReplyError } from '../support/ask.ts';
import { expectNoLeak } from '../support/leaks.ts';
import { openShop, useShop } from '../support/shop.ts';

/** What each fault does by itself: with breakers, one test would see what the one before did. */
const settings = `policies:
  defaults: { breaker: { mode: disabled }, retries: { max: 0 } }
`;
const shop = useShop({ settings });

/** Touches every service, each under fields that may be null. */
const everything = `{
  product(upc: "p1") { name price inStock averageRating shippingEstimate { cost } }
  order(id: "o1") { status payment { status } shipment { carrier } user { name } }
  user(id: "u1") { name }
  orderDetails(orderId: "o1") { order { total } payment { amount } shipment { carrier } }
  userDashboard(userId: "u1") { stats { totalOrders } recommendations { upc } user { name } }
}`;

/** What is null without each service. */
const lostWithout: Record<MockName, readonly string[]> = {
  products: ['product', 'userDashboard.recommendations'],
  reviews: ['product.averageRating'],
  orders: ['order', 'orderDetails.order', 'userDashboard.stats'],
  users: ['order.user.name', 'user', 'userDashboard.user.name'],
  payments: ['order.payment', 'orderDetails.payment'],
  inventory: ['product.inStock'],
  shipping: ['order.shipment', 'orderDetails.shipment', 'product.shippingEstimate'],
};

/** gRPC channels wait a moment before they connect again: the next test starts with all of them connected. */
afterEach(async () => {
  for (const { faults } of shop.mocks.all) faults.clear();
  await expect.poll(async () => (await shop.query(everything)).errors).toBeUndefined();
});

describe.each(mockNames)('without %s', (name) => {
  it('the other fields come, each lost one has an error with service and path, a restart heals it', async () => {
    const healthy = await shop.query(everything);
    expect(healthy.errors).toBeUndefined();
    await shop.mocks.service(name).stop();
    const broken = await shop.query(everything);
    expect(broken.status).toBe(200);
    expect(broken.data).toEqual(without(healthy.data, lostWithout[name]));
    expect(pathsOf(broken)).toEqual(lostWithout[name]);
    expectService(broken, name, 'SERVICE_UNAVAILABLE');
    expect(broken.errors?.every(({ extensions }) => extensions['retryable'] === true)).toBe(true);
    expectNoLeak(broken.text);

    await shop.mocks.service(name).restart();
    await expect.poll(async () => (await shop.query(everything)).errors).toBeUndefined();
    expect((await shop.query(everything)).data).toEqual(healthy.data);
  });

  it.each(faultsOf(name))('whatever it sends (%j), nothing else is lost and nothing leaks', async (fault) => {
    const healthy = await shop.query(everything);
    shop.mocks.service(name).faults.set(fault);
    const broken = await shop.query(everything);
    expect(broken.status).toBe(200);
    expect(broken.data).toEqual(without(healthy.data, lostWithout[name]));
    expect(pathsOf(broken)).toEqual(lostWithout[name]);
    expectService(broken, name, expect.stringMatching(/^SERVICE_/));
    expectNoLeak(broken.text);
  });
});

it('without any of them every field is null, every service is named, and nothing leaks', async () => {
  await Promise.all(shop.mocks.all.map((mock) => mock.stop()));
  const { status, data, errors = [], text } = await shop.query(everything);
  await Promise.all(shop.mocks.all.map((mock) => mock.restart()));
  expect(status).toBe(200);
  expect(data).toMatchObject({ product: null, order: null, user: null });
  const named = new Set(errors.map(({ extensions }) => String(extensions['service'])));
  expect([...named].toSorted()).toEqual(['orders', 'payments', 'products', 'shipping', 'users']);
  expectNoLeak(text);
});

it('the order page keeps payment and shipment while orders fails, and has no user without its order', async () => {
  shop.mocks.service('orders').faults.set({ status: 503 });
  const { data, errors } = await shop.query(
    `{ orderDetails(orderId: "o1") {
      order { status } user { name } payment { status } shipment { carrier }
    } }`,
  );
  expect(data).toEqual({
    orderDetails: {
      order: null,
      user: null,
      payment: { status: 'CAPTURED' },
      shipment: { carrier: expect.any(String) },
    },
  });
  expect(errors).toMatchObject([
    { path: ['orderDetails', 'order'], extensions: { code: 'SERVICE_UNAVAILABLE', service: 'orders' } },
  ]);
});

describe('placing an order', () => {
  const placed = { id: 'o501', status: 'PENDING' };

  it.each([
    ['payments', 'payment'],
    ['shipping', 'shipment'],
  ] as const)('while %s fails keeps the order and the rest', async (name, field) => {
    shop.mocks.service(name).faults.set({ down: true });
    const { data, errors, text } = await shop.query(placeOrder);
    expect(data).toMatchObject({
      placeOrder: {
        order: placed,
        payment: field === 'payment' ? null : { status: 'AUTHORIZED' },
        shipment: field === 'shipment' ? null : { status: 'LABEL_CREATED' },
      },
    });
    expect(errors).toMatchObject([
      { path: ['placeOrder', field], extensions: { code: 'SERVICE_UNAVAILABLE', service: name } },
    ]);
    expectNoLeak(text);
  });

  it('while orders fails charges and ships nothing', async () => {
    shop.mocks.service('orders').faults.set({ down: true });
    const { data, errors } = await shop.query(placeOrder);
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ path: ['placeOrder'], extensions: { service: 'orders' } }]);
    expect(shop.mocks.service('payments').calls.total).toBe(0);
    expect(shop.mocks.service('shipping').calls.total).toBe(0);
  });

  it('for what does not exist says so, in the words of the orders service', async () => {
    const { data, errors } = await shop.query(placeOrder.replace('"p3"', '"p999"'));
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ message: 'there is no product p999', path: ['placeOrder'] }]);
    expect(shop.mocks.service('payments').ledger.created).toBe(0);
  });
});

describe('a client that leaves', () => {
  it('takes the calls made for it along, over every protocol', async () => {
    const { mocks } = shop;
    const asked = [
      ['reviews', 'latestReviews'],
      ['users', 'GET /users?ids'],
      ['inventory', 'GetStocks'],
    ] as const;
    for (const [name] of asked) mocks.service(name).faults.set({ hang: true });
    const query = '{ latestReviews { rating } user(id: "u1") { name } product(upc: "p1") { inStock } }';
    const controller = new AbortController();
    const left = expect(ask(shop.url, query, { signal: controller.signal })).rejects.toThrow(/abort/i);
    const outcomesOf = () =>
      asked.map(([name, call]) =>
        mocks
          .service(name)
          .calls.named(call)
          .map(({ outcome }) => outcome),
      );
    await expect.poll(outcomesOf).toEqual([['open'], ['open'], ['open']]);
    controller.abort();
    await left;
    await expect.poll(outcomesOf).toEqual([['aborted'], ['aborted'], ['aborted']]);
  });

  it('while its order is placed gets the order all the same: paid once, shipped once', async () => {
    const { mocks } = shop;
    mocks.service('payments').faults.set({ latencyMs: 500 });
    mocks.service('shipping').faults.set({ latencyMs: 500 });
    const controller = new AbortController();
    const asked = ask(shop.url, placeOrder, { signal: controller.signal });
    await expect.poll(() => mocks.service('payments').calls.total).toBe(1);
    controller.abort();
    await expect(asked).rejects.toThrow(/abort/i);
    await expect.poll(() => mocks.service('payments').calls.list()[0]?.outcome).toBe('answered');
    await expect.poll(() => mocks.service('shipping').calls.list()[0]?.outcome).toBe('answered');
    expect(mocks.service('payments').ledger).toEqual({ created: 1, keys: { 'order-o501': 1 } });
  });
});

describe('a service that does not answer', () => {
  it.each([
    ['products', 'product'],
    ['users', 'user'],
    ['inventory', 'product.inStock'],
  ] as const)(
    '(%s) costs its own field only, once the deadline of the request has come',
    async (name, path) => {
      // On a busy machine, too, the other services answer within it.
      const hurried = await openShop({ settings: 'timeouts: { requestMs: 2500 }' });
      onTestFinished(() => hurried.close());
      const query =
        '{ product(upc: "p1") { name inStock } user(id: "u1") { name } order(id: "o1") { status } }';
      // The first time takes longer: the operation is planned and connections are made.
      await expect.poll(async () => (await hurried.query(query)).errors).toBeUndefined();
      const healthy = await hurried.query(query);
      expect(healthy.errors).toBeUndefined();
      hurried.mocks.service(name).faults.set({ hang: true });
      const { data, errors, text } = await hurried.query(query);
      expect(data).toEqual(without(healthy.data, [path]));
      expect(errors).toMatchObject([
        { path: path.split('.'), extensions: { code: 'SERVICE_TIMEOUT', service: name, retryable: true } },
      ]);
      expectNoLeak(text);
    },
  );
});

it('things that do not exist are null without an error', async () => {
  const { data, errors } = await shop.query(
    `{ product(upc: "nope") { name } order(id: "nope") { status } user(id: "nope") { name }
       orderDetails(orderId: "nope") { order { status } payment { status } shipment { carrier } user { name } } }`,
  );
  expect(errors).toBeUndefined();
  expect(data).toEqual({
    product: null,
    order: null,
    user: null,
    orderDetails: { order: null, payment: null, shipment: null, user: null },
  });
});

const placeOrder = `mutation { placeOrder(input: {
  customer: { id: "u1" }, items: [{ product: { upc: "p3" }, quantity: 2 }],
  shipTo: { name: "Ada", street: "Main 1", city: "Lyon", country: "FR" }, payment: { method: CARD }
}) { order { id status } payment { status } shipment { status } } }`;

function faultsOf(name: MockName): Fault[] {
  return mockTable[name].protocol === 'grpc'
    ? [{ status: 13 }, { garbage: true }, { down: true }]
    : [{ status: 500 }, { garbage: true }, { truncate: true }, { wrongJson: true }, { down: true }];
}

function pathsOf({ errors = [] }: GraphqlReply): string[] {
  return [...new Set(errors.map(({ path }) => path?.join('.') ?? ''))].toSorted();
}

function expectService({ errors = [] }: GraphqlReply, service: MockName, code: unknown): void {
  const expected: Partial<ReplyError> = { extensions: expect.objectContaining({ service, code }) as never };
  for (const error of errors) expect(error).toMatchObject(expected);
}

/** A copy with null at each path. */
function without(data: unknown, paths: readonly string[]): unknown {
  const copy = structuredClone(data);
  for (const path of paths) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let place = copy as Record<string, unknown>;
    for (const name of names) place = place[name] as Record<string, unknown>;
    place[last] = null;
  }
  return copy;
}
