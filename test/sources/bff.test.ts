/** The bff subgraph over the real mock services: one page or action of a client, several services at once. */

import { describe, expect, it } from 'vitest';

import { GatewayError } from '../../src/shared/errors.ts';
import type { Call } from '../../subgraphs-mock/shared/call-log.ts';
import type { MockName } from '../../subgraphs-mock/shared/mock.ts';
import { requestContext } from '../support/context.ts';
import { entitiesFrom, fetchFrom } from './support/fetch.ts';
import { useShop } from './support/shop.ts';

const shop = useShop();

describe('orderDetails', () => {
  it('is a key, given without asking any service', async () => {
    const answer = await fetchFrom(bff(), '{ orderDetails(orderId: "o1") { orderId } }');
    expect(answer).toEqual({ data: { orderDetails: { orderId: 'o1' } } });
    expect(shop.mocks.all.filter(({ calls }) => calls.total > 0)).toEqual([]);
  });

  it('gets payment and shipment from the subgraphs that own them, whatever else they are asked', async () => {
    const context = requestContext();
    const asked = [
      ['payments', '{ payment { id amount } }', { payment: { id: 'pay-o1', amount: expect.any(Number) } }],
      [
        'shipping',
        '{ shipment { id carrier } }',
        { shipment: { id: 'shp-o1', carrier: expect.any(String) } },
      ],
    ] as const;
    for (const [name, selection, part] of asked) {
      const { entities } = await entitiesFrom(
        shop.subgraphs.get(name),
        `... on OrderDetails ${selection} ... on Order ${selection}`,
        [
          { __typename: 'OrderDetails', orderId: 'o1' },
          { __typename: 'Order', id: 'o1' },
          { __typename: 'OrderDetails', orderId: 'o99999' },
        ],
        context,
      );
      expect(entities).toEqual([part, part, { [Object.keys(part)[0] ?? '']: null }]);
      expect(calls(name)).toHaveLength(1);
    }
  });

  it('gets its order from the orders service, null where there is none', async () => {
    const { entities, answer } = await entitiesFrom(
      shop.subgraphs.get('orders'),
      '... on OrderDetails { order { id userId } }',
      [
        { __typename: 'OrderDetails', orderId: 'o1' },
        { __typename: 'OrderDetails', orderId: 'o99999' },
      ],
    );
    expect(entities).toEqual([{ order: { id: 'o1', userId: expect.any(String) } }, { order: null }]);
    expect(answer.errors).toBeUndefined();
  });

  it('takes the user from the order that the executor sends along, and has none without an order', async () => {
    const { entities } = await entitiesFrom(bff(), '... on OrderDetails { user { id } }', [
      { __typename: 'OrderDetails', orderId: 'o1', order: { id: 'o1', userId: 'u7' } },
      { __typename: 'OrderDetails', orderId: 'o99999', order: null },
      { __typename: 'OrderDetails', orderId: 'o99999' },
    ]);
    expect(entities).toEqual([{ user: { id: 'u7' } }, { user: null }, { user: null }]);
  });
});

describe('userDashboard', () => {
  const query = `{
    userDashboard(userId: "u1") {
      user { id } recentOrders { id } recommendations { upc } stats { totalOrders totalSpent }
    }
  }`;

  it('gives keys and sums, with one call to orders and one to products', async () => {
    const answer = await fetchFrom(bff(), query);
    expect(answer.errors).toBeUndefined();
    const { userDashboard } = answer.data as { userDashboard: Record<string, unknown[]> };
    expect(userDashboard).toMatchObject({
      user: { id: 'u1' },
      stats: { totalOrders: expect.any(Number), totalSpent: expect.any(Number) },
    });
    expect(userDashboard['recentOrders']?.length).toBeGreaterThan(0);
    expect(userDashboard['recommendations']).toHaveLength(5);
    expect(calls('orders').map(({ names }) => names)).toEqual([expect.arrayContaining(['ordersOfUsers'])]);
    expect(calls('products').map(({ names }) => names)).toEqual([
      expect.arrayContaining(['recommendations']),
    ]);
  });

  it('asks orders and products at the same time', async () => {
    for (const name of ['orders', 'products'] as const) mock(name).faults.set({ latencyMs: 60 });
    await fetchFrom(bff(), query);
    expectOverlap(calls('orders')[0], calls('products')[0]);
  });

  it('of several users shares the call to orders', async () => {
    const stats = '{ stats { totalOrders } }';
    const answer = await fetchFrom(
      bff(),
      `{ a: userDashboard(userId: "u1") ${stats} b: userDashboard(userId: "u2") ${stats} c: userDashboard(userId: "none") ${stats} }`,
    );
    expect(answer.data).toMatchObject({ a: { stats: {} }, b: { stats: {} }, c: { stats: null } });
    expect(calls('orders')).toHaveLength(1);
  });

  it('loses recommendations alone when products fails, and orders and sums when orders does', async () => {
    mock('products').faults.set({ garbage: true });
    const withoutProducts = await fetchFrom(bff(), query);
    expect(withoutProducts.data).toMatchObject({
      userDashboard: { recommendations: null, stats: { totalOrders: expect.any(Number) } },
    });
    expect(withoutProducts.errors).toMatchObject([
      {
        path: ['userDashboard', 'recommendations'],
        extensions: { service: 'products', code: 'SERVICE_BAD_RESPONSE' },
      },
    ]);

    mock('products').faults.clear();
    mock('orders').faults.set({ down: true });
    const withoutOrders = await fetchFrom(bff(), query);
    expect(withoutOrders.data).toMatchObject({
      userDashboard: { recentOrders: null, stats: null, user: { id: 'u1' } },
    });
    expect(withoutOrders.errors?.map(({ path }) => path?.at(-1)).sort()).toEqual(['recentOrders', 'stats']);
  });

  it('loses only the hanging service when the gateway ends the request', async () => {
    mock('products').faults.set({ hang: true });
    const context = requestContext();
    const pending = fetchFrom(bff(), query, { context });
    await expect.poll(() => calls('orders')[0]?.outcome, { interval: 5 }).toBe('answered');
    await new Promise((resolve) => setTimeout(resolve, 300));
    context.cancellation.cancel(new GatewayError('SERVICE_TIMEOUT', 'the deadline has passed'));
    const answer = await pending;
    expect(answer.data).toMatchObject({ userDashboard: { recommendations: null, stats: {} } });
    expect(answer.errors).toMatchObject([{ path: ['userDashboard', 'recommendations'] }]);
  });

  it('loses only the hanging service at the deadline', async () => {
    mock('products').faults.set({ hang: true });
    const answer = await fetchFrom(bff(), query, { context: requestContext({ deadlineInMs: 1500 }) });
    expect(answer.data).toMatchObject({ userDashboard: { recommendations: null, stats: {} } });
    expect(answer.errors).toMatchObject([{ extensions: { service: 'products', code: 'SERVICE_TIMEOUT' } }]);
  });
});

describe('placeOrder', () => {
  const mutation = `mutation ($input: PlaceOrderInput!) {
    placeOrder(input: $input) { order { id } payment { id } shipment { id } }
  }`;
  const input = {
    customer: { id: 'u1' },
    items: [
      { product: { upc: 'p1' }, quantity: 2 },
      { product: { upc: 'p2' }, quantity: 1 },
    ],
    shipTo: { name: 'Ada', street: '1 Main St', city: 'Berlin', country: 'DE' },
    payment: { method: 'CARD' },
    note: 'ring twice',
  };

  it('turns the nested input into the flat one of orders, then pays and ships', async () => {
    const answer = await fetchFrom(bff(), mutation, { variables: { input } });
    const id = orderIdOf(answer.data);
    expect(answer).toEqual({
      data: { placeOrder: { order: { id }, payment: { id: `pay-${id}` }, shipment: { id: `shp-${id}` } } },
    });
    const [creation] = calls('orders');
    expect(creation?.names).toContain('createOrder');
    expect(creation?.args).toMatchObject({
      input: {
        userId: 'u1',
        itemUpcs: ['p1', 'p2'],
        itemQuantities: [2, 1],
        shipName: 'Ada',
        shipStreet: '1 Main St',
        shipCity: 'Berlin',
        shipCountry: 'DE',
        paymentMethod: 'CARD',
        note: 'ring twice',
      },
    });
    expect(calls('payments')[0]).toMatchObject({
      args: { orderId: id, method: 'CARD', amount: expect.any(Number) },
    });
    expect(mock('payments').ledger).toEqual({ created: 1, keys: { [`order-${id}`]: 1 } });
  });

  it('pays and ships at the same time, after the order, with the headers of the client', async () => {
    for (const name of ['payments', 'shipping'] as const) mock(name).faults.set({ latencyMs: 60 });
    const forwardHeaders = { 'x-user-id': 'u1', 'x-correlation-id': 'c-9' };
    await fetchFrom(bff(), mutation, { variables: { input }, context: requestContext({ forwardHeaders }) });
    const [order, payment, shipment] = [calls('orders')[0], calls('payments')[0], calls('shipping')[0]];
    expectOverlap(payment, shipment);
    expect(payment?.startedAtMs).toBeGreaterThan(order?.endedAtMs ?? Infinity);
    for (const call of [order, payment, shipment]) expect(call?.headers).toMatchObject(forwardHeaders);
  });

  it('pays and ships whatever the client selected', async () => {
    const small = 'mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } } }';
    await fetchFrom(bff(), small, { variables: { input } });
    expect(operations('payments')).toEqual(['POST /payments']);
    expect(operations('shipping')).toEqual(['CreateShipment']);
  });

  it('keeps the order when payment or shipment fails', async () => {
    mock('payments').faults.set({ status: 500 });
    mock('shipping').faults.set({ down: true });
    const answer = await fetchFrom(bff(), mutation, { variables: { input } });
    expect(answer.data).toMatchObject({
      placeOrder: { order: { id: orderIdOf(answer.data) }, payment: null, shipment: null },
    });
    expect(answer.errors).toMatchObject([
      { path: ['placeOrder', 'payment'], extensions: { code: 'SERVICE_ERROR', service: 'payments' } },
      { path: ['placeOrder', 'shipment'], extensions: { code: 'SERVICE_UNAVAILABLE', service: 'shipping' } },
    ]);
  });

  it('neither pays nor ships when there is no order', async () => {
    mock('orders').faults.set({ status: 500 });
    const answer = await fetchFrom(bff(), mutation, { variables: { input } });
    expect(answer.data).toBeNull();
    expect(answer.errors).toMatchObject([{ path: ['placeOrder'], extensions: { service: 'orders' } }]);
    expect([...calls('payments'), ...calls('shipping')]).toHaveLength(0);
  });

  it('says why orders refused the input, as the orders subgraph itself would', async () => {
    const unknown = { ...input, items: [{ product: { upc: 'p99999' }, quantity: 1 }] };
    const answer = await fetchFrom(bff(), mutation, { variables: { input: unknown } });
    expect(answer.errors).toMatchObject([
      {
        message: expect.stringContaining('p99999'),
        extensions: { code: 'SERVICE_ERROR', service: 'orders', serviceCode: 'BAD_USER_INPUT' },
      },
    ]);
    expect(answer.errors?.[0]?.cause).toBeDefined();
    expect(JSON.stringify(answer)).not.toContain('cause');
  });

  it('finishes a paid order although the client left meanwhile', async () => {
    mock('payments').faults.set({ latencyMs: 80 });
    const context = requestContext();
    const pending = fetchFrom(bff(), mutation, { variables: { input }, context }).catch(
      (error: unknown) => error,
    );
    await expect.poll(() => calls('payments').length, { interval: 5 }).toBe(1);
    context.cancellation.cancel(new GatewayError('CANCELLED', 'the client left'));
    expect(await pending).toMatchObject({ code: 'CANCELLED' });
    await expect.poll(() => calls('payments')[0]?.outcome).toBe('answered');
    expect(mock('payments').ledger.created).toBe(1);
  });
});

const bff = () => shop.subgraphs.get('bff');

function mock<Name extends MockName>(name: Name) {
  return shop.mocks.service(name);
}

function calls(name: MockName): readonly Call[] {
  return shop.mocks.service(name).calls.list();
}

function operations(name: MockName): string[] {
  return calls(name).map(({ operation }) => operation);
}

function orderIdOf(data: unknown): string {
  return (data as { placeOrder: { order: { id: string } } }).placeOrder.order.id;
}

/** Each began before the other ended: they ran side by side. */
function expectOverlap(one: Call | undefined, other: Call | undefined): void {
  expect(one?.startedAtMs).toBeLessThan(other?.endedAtMs ?? -Infinity);
  expect(other?.startedAtMs).toBeLessThan(one?.endedAtMs ?? -Infinity);
}
