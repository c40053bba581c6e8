/** The in-process subgraphs over the real mock services: how many calls a page of entities costs, and what fails. */

import { describe, expect, it } from 'vitest';

import { requestContext } from '../support/context.ts';
import { entitiesFrom, fetchFrom } from './support/fetch.ts';
import { useShop } from './support/shop.ts';

const shop = useShop();

describe('users', () => {
  it('answer a page of 20 with one call', async () => {
    const { entities } = await entitiesFrom(
      shop.subgraphs.get('users'),
      '... on User { id name email }',
      refs('User', 'u', 20),
    );
    expect(entities).toHaveLength(20);
    expect(entities[2]).toMatchObject({
      id: 'u3',
      name: expect.any(String),
      email: expect.stringContaining('@'),
    });
    expect(operations('users')).toEqual(['GET /users?ids']);
  });

  it('are asked for once when several fetches of one request want them', async () => {
    const context = requestContext();
    const users = shop.subgraphs.get('users');
    const [first, second] = await Promise.all([
      entitiesFrom(users, '... on User { name }', refs('User', 'u', 5), context),
      fetchFrom(users, '{ user(id: "u3") { name country } users(ids: ["u7", "u0", "u1"]) { id } }', {
        context,
      }),
    ]);
    expect(first.entities).toHaveLength(5);
    expect(second.data).toMatchObject({
      user: { country: expect.any(String) },
      users: [{ id: 'u7' }, null, { id: 'u1' }],
    });
    expect(operations('users')).toEqual(['GET /users?ids']);
  });

  it('are never shared between requests', async () => {
    const users = shop.subgraphs.get('users');
    await fetchFrom(users, '{ user(id: "u1") { name } }');
    await fetchFrom(users, '{ user(id: "u1") { name } }');
    expect(operations('users')).toHaveLength(2);
  });

  it('are asked for in batches of at most 100', async () => {
    const ids = Array.from({ length: 150 }, (_, index) => `u${index + 1}`);
    const answer = await fetchFrom(
      shop.subgraphs.get('users'),
      'query ($ids: [ID!]!) { users(ids: $ids) { id } }',
      {
        variables: { ids },
      },
    );
    const found = (answer.data as { users: unknown[] }).users;
    expect(found.filter(Boolean)).toHaveLength(100);
    expect(found[120]).toBeNull();
    expect(
      shop.mocks
        .service('users')
        .calls.list()
        .map(({ args }) => (args['ids'] as unknown[]).length),
    ).toEqual([100, 50]);
  });

  it.each(['u1,u2', '../users', 'u1\r\nx: y', '', 'x'.repeat(5000), 'u1?admin=1', '%2e%2e'])(
    'do not exist for the id %j, which is not sent and spoils nobody else’s answer',
    async (id) => {
      const query = 'query ($ids: [ID!]!) { users(ids: $ids) { id } }';
      const answer = await fetchFrom(shop.subgraphs.get('users'), query, { variables: { ids: ['u1', id] } });
      expect(answer).toEqual({ data: { users: [{ id: 'u1' }, null] } });
      expect(
        shop.mocks
          .service('users')
          .calls.list()
          .map(({ args }) => args),
      ).toEqual([{ ids: ['u1'] }]);
    },
  );

  it.each([
    ['down', { down: true }, 'SERVICE_UNAVAILABLE'],
    ['answering 503', { status: 503 }, 'SERVICE_UNAVAILABLE'],
    ['answering 500', { status: 500 }, 'SERVICE_ERROR'],
    ['answering HTML', { garbage: true }, 'SERVICE_BAD_RESPONSE'],
    ['answering other JSON', { wrongJson: true }, 'SERVICE_BAD_RESPONSE'],
    ['cutting answers short', { truncate: true }, 'SERVICE_BAD_RESPONSE'],
    ['hanging', { hang: true }, 'SERVICE_TIMEOUT'],
  ])('are null with an error at each entity while the service is %s', async (_about, fault, code) => {
    shop.mocks.service('users').faults.set([fault]);
    const context = requestContext('hang' in fault ? { deadlineInMs: 200 } : {});
    const { entities, answer } = await entitiesFrom(
      shop.subgraphs.get('users'),
      '... on User { name }',
      refs('User', 'u', 2),
      context,
    );
    expect(entities).toEqual([null, null]);
    expect(answer.errors).toEqual([
      { message: expect.any(String), path: ['_entities', 0], extensions: { code, service: 'users' } },
      { message: expect.any(String), path: ['_entities', 1], extensions: { code, service: 'users' } },
    ]);
  });
});

describe('payments', () => {
  it('of 20 orders cost one call, and orders without one have null', async () => {
    const { entities, answer } = await entitiesFrom(
      shop.subgraphs.get('payments'),
      '... on Order { payment { id method status amount } }',
      [...refs('Order', 'o', 20), { __typename: 'Order', id: 'o99999' }],
    );
    expect(answer.errors).toBeUndefined();
    expect(entities[0]).toMatchObject({ payment: { id: 'pay-o1', amount: expect.any(Number) } });
    expect(entities[20]).toEqual({ payment: null });
    expect(operations('payments')).toEqual(['GET /payments?orderIds']);
  });

  it('are found by their own id, unknown ones being null', async () => {
    const { entities } = await entitiesFrom(shop.subgraphs.get('payments'), '... on Payment { id method }', [
      { __typename: 'Payment', id: 'pay-o1' },
      { __typename: 'Payment', id: 'pay-o99999' },
      { __typename: 'Payment', id: '../payments' },
    ]);
    expect(entities).toEqual([
      { id: 'pay-o1', method: expect.stringMatching(/CARD|PAYPAL|INVOICE/) },
      null,
      null,
    ]);
    expect(operations('payments')).toEqual(['GET /payments/:id', 'GET /payments/:id']);
  });
});

describe('inventory', () => {
  it('of 20 products costs one GetStocks, for all three fields', async () => {
    const { entities } = await entitiesFrom(
      shop.subgraphs.get('inventory'),
      '... on Product { inStock quantity warehouse }',
      [...refs('Product', 'p', 20, 'upc'), { __typename: 'Product', upc: 'p99999' }],
    );
    expect(entities[0]).toEqual({
      inStock: expect.any(Boolean),
      quantity: expect.any(Number),
      warehouse: expect.any(String),
    });
    expect(entities[20]).toEqual({ inStock: null, quantity: null, warehouse: null });
    expect(operations('inventory')).toEqual(['GetStocks']);
  });

  it.each([
    ['unavailable', { down: true }, 'SERVICE_UNAVAILABLE'],
    ['hanging', { hang: true }, 'SERVICE_TIMEOUT'],
    ['sending bytes that do not decode', { garbage: true }, 'SERVICE_BAD_RESPONSE'],
    ['refusing', { status: 7 }, 'SERVICE_ERROR'],
  ])('is null with an error at each field while the service is %s', async (_about, fault, code) => {
    shop.mocks.service('inventory').faults.set([fault]);
    const { entities, answer } = await entitiesFrom(
      shop.subgraphs.get('inventory'),
      '... on Product { upc quantity }',
      refs('Product', 'p', 1, 'upc'),
      requestContext('hang' in fault ? { deadlineInMs: 300 } : {}),
    );
    expect(entities).toEqual([{ upc: 'p1', quantity: null }]);
    expect(answer.errors).toMatchObject([
      { path: ['_entities', 0, 'quantity'], extensions: { code, service: 'inventory' } },
    ]);
  });
});

describe('shipping', () => {
  it('of 20 orders costs one GetShipments', async () => {
    const { entities } = await entitiesFrom(
      shop.subgraphs.get('shipping'),
      '... on Order { shipment { id carrier status trackingCode estimatedDelivery } }',
      refs('Order', 'o', 20),
    );
    expect(entities[0]).toMatchObject({ shipment: { id: 'shp-o1', status: 'IN_TRANSIT' } });
    expect(operations('shipping')).toEqual(['GetShipments']);
  });

  it('is estimated for 20 products with one EstimateCosts, from what the executor sent along', async () => {
    const representations = refs('Product', 'p', 20, 'upc').map((ref, index) => ({
      ...ref,
      price: 1000 * index,
      weightGrams: 500,
    }));
    const { entities } = await entitiesFrom(
      shop.subgraphs.get('shipping'),
      '... on Product { shippingEstimate { cost days } }',
      [...representations, { __typename: 'Product', upc: 'p21', price: null, weightGrams: null }],
    );
    expect(entities[0]).toEqual({ shippingEstimate: { cost: 510, days: 2 } });
    expect(entities[19]).toEqual({ shippingEstimate: { cost: 510 + 190, days: 2 } });
    expect(entities[20]).toEqual({ shippingEstimate: null });
    expect(operations('shipping')).toEqual(['EstimateCosts']);
  });

  it('finds shipments by their own id', async () => {
    const { entities } = await entitiesFrom(
      shop.subgraphs.get('shipping'),
      '... on Shipment { id carrier }',
      [
        { __typename: 'Shipment', id: 'shp-o1' },
        { __typename: 'Shipment', id: 'shp-o99999' },
        { __typename: 'Shipment', id: 'nonsense' },
      ],
    );
    expect(entities).toEqual([{ id: 'shp-o1', carrier: expect.any(String) }, null, null]);
  });
});

it('forwards allow-listed headers over every protocol, with the request id', async () => {
  const context = requestContext({
    requestId: 'request-7',
    forwardHeaders: {
      'x-user-id': 'u1',
      'x-correlation-id': 'c-1',
      'grpc-timeout': '1n',
      'content-length': '9',
    },
  });
  const order = [{ __typename: 'Order', id: 'o1' }];
  await Promise.all([
    entitiesFrom(shop.subgraphs.get('payments'), '... on Order { payment { id } }', order, context),
    entitiesFrom(shop.subgraphs.get('shipping'), '... on Order { shipment { id } }', order, context),
    fetchFrom(shop.subgraphs.get('products'), '{ product(upc: "p1") { name } }', { context }),
  ]);
  for (const name of ['payments', 'shipping', 'products'] as const) {
    const expected = { 'x-user-id': 'u1', 'x-correlation-id': 'c-1', 'x-request-id': 'request-7' };
    expect(shop.mocks.service(name).calls.list()[0]?.headers).toMatchObject(expected);
  }
});

function refs(type: string, prefix: string, count: number, key = 'id'): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => ({ __typename: type, [key]: `${prefix}${index + 1}` }));
}

function operations(name: 'users' | 'payments' | 'inventory' | 'shipping'): string[] {
  return shop.mocks
    .service(name)
    .calls.list()
    .map(({ operation }) => operation);
}
