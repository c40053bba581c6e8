/** What clients get of a service that is out where gateway.yaml has something else to give. */

import { afterEach, describe, expect, it } from 'vitest';

import type { GraphqlReply } from '../support/ask.ts';
import { openShop, useShop } from '../support/shop.ts';

const settings = `auth: { trustedProxy: { addresses: [127.0.0.1] } }
sharing: { ignoreHeaders: [x-user-id, x-request-id] }
policies:
  defaults:
    retries: { max: 0 }
    breaker: { minimumCalls: 3, connectErrorsMax: 3, openMs: 200, openMaxMs: 200, openJitterPercent: 0 }
  services:
    reviews:
      fallbacks:
        Product.averageRating: null
        Product.reviewCount: 0
        Product.reviews: []
        Query.latestReviews:
          - { id: r0, body: Reviews are back soon, product: { __typename: Product, upc: p1 } }
    products:
      stale: { maxAgeMs: 60000 }
    inventory:
      fallbacks: { Product.inStock: false, Product.quantity: 0 }
    users:
      fallbacks: { User.country: XX }
`;

const shop = useShop({ settings });
afterEach(() => {
  for (const { faults } of shop.mocks.all) faults.clear();
});

function fallbacksOf({ text }: GraphqlReply): unknown {
  return (JSON.parse(text) as { extensions?: { fallbacks?: unknown } }).extensions?.fallbacks;
}

const declared = (service: string, ...path: Array<string | number>) => ({
  path,
  service,
  source: 'declared',
});

/** Once the breakers of the service have closed. */
async function wellAgain(query: string): Promise<void> {
  await expect.poll(async () => fallbacksOf(await shop.query(query)) ?? 'none').toBe('none');
}

describe('a declared value', () => {
  const query = '{ product(upc: "p1") { name rated: reviewCount averageRating reviews { id } } }';

  it('is served and marked while the breaker is open, saves fields that must not be null, and goes when the service is back', async () => {
    const well = await shop.query(query);
    expect([well.status, well.errors]).toEqual([200, undefined]);
    expect(well.text).not.toContain('extensions');
    const { name } = (well.data as { product: { name: string } }).product;

    const { faults, calls } = shop.mocks.service('reviews');
    faults.set({ down: true });
    for (let call = 0; call < 3; call += 1) await shop.query(query);
    const before = calls.total;
    const out = await shop.query(query);
    expect(calls.total, 'the breaker is open').toBe(before);
    expect([out.status, out.errors]).toEqual([200, undefined]);
    expect(out.data).toEqual({ product: { name, rated: 0, averageRating: null, reviews: [] } });
    expect(fallbacksOf(out)).toEqual([
      declared('reviews', 'product', 'rated'),
      declared('reviews', 'product', 'averageRating'),
      declared('reviews', 'product', 'reviews'),
    ]);
    expect(out.headers.get('cache-control')).toBe('no-store');

    faults.clear();
    await wellAgain(query);
    expect(await shop.query(query)).toMatchObject({ status: 200, data: well.data, errors: undefined });
  });

  it.each([{ status: 503 }, { wrongJson: true }, { hang: true }] as const)(
    'stands in at every position whatever the failure is (%j)',
    async (fault) => {
      const list = '{ topProducts(first: 2) { upc reviewCount } }';
      const headers = { 'x-request-timeout': '1000ms' };
      shop.mocks.service('reviews').faults.set(fault);
      const { data, errors, ...reply } = await shop.query(list, { headers });
      expect(errors).toBeUndefined();
      expect(data).toMatchObject({ topProducts: [{ reviewCount: 0 }, { reviewCount: 0 }] });
      expect(fallbacksOf({ data, errors, ...reply })).toEqual([
        declared('reviews', 'topProducts', 0, 'reviewCount'),
        declared('reviews', 'topProducts', 1, 'reviewCount'),
      ]);
      shop.mocks.service('reviews').faults.clear();
      await wellAgain(list);
    },
  );

  it('of a root field is as good as an answer where it carries what is selected, and nothing where it does not', async () => {
    shop.mocks.service('reviews').faults.set({ down: true });
    const carried = await shop.query('{ latestReviews { key: id body product { upc name } } }');
    expect(carried.errors).toBeUndefined();
    expect(carried.data).toEqual({
      latestReviews: [
        { key: 'r0', body: 'Reviews are back soon', product: { upc: 'p1', name: expect.any(String) } },
      ],
    });
    expect(fallbacksOf(carried)).toEqual([declared('reviews', 'latestReviews')]);
    const lacking = await shop.query('{ latestReviews { id rating } }');
    expect([lacking.data, fallbacksOf(lacking)]).toEqual([null, undefined]);
    expect(lacking.errors).toMatchObject([
      { path: ['latestReviews'], extensions: { code: 'SERVICE_UNAVAILABLE', service: 'reviews' } },
    ]);
    shop.mocks.service('reviews').faults.clear();
    await wellAgain('{ latestReviews { id body } }');
  });

  it('stands in for single fields of a subgraph in this process, and other fields keep their errors', async () => {
    shop.mocks.service('inventory').faults.set({ down: true });
    shop.mocks.service('users').faults.set({ down: true });
    const reply = await shop.query(
      '{ product(upc: "p1") { name inStock quantity warehouse } user(id: "u1") { name country } }',
    );
    expect(reply.data).toEqual({
      product: { name: expect.any(String), inStock: false, quantity: 0, warehouse: null },
      user: null,
    });
    expect(fallbacksOf(reply)).toEqual([
      declared('inventory', 'product', 'inStock'),
      declared('inventory', 'product', 'quantity'),
    ]);
    const errors = reply.errors?.map(({ path, extensions }) => [path, extensions['code']]);
    expect(errors).toHaveLength(2);
    expect(errors).toEqual(
      expect.arrayContaining([
        [['product', 'warehouse'], 'SERVICE_UNAVAILABLE'],
        [['user'], 'SERVICE_UNAVAILABLE'],
      ]),
    );
  });
});

describe('a stale answer', () => {
  it('is the last good one to the same query: served and marked with its age while the service is out', async () => {
    const query = '{ product(upc: "p2") { name price } }';
    const well = await shop.query(query);
    const { faults, calls } = shop.mocks.service('products');
    faults.set({ down: true });
    for (let call = 0; call < 3; call += 1) await shop.query(query);
    const before = calls.total;
    const out = await shop.query(query);
    expect(calls.total, 'the breaker is open').toBe(before);
    expect(out).toMatchObject({ status: 200, data: well.data, errors: undefined });
    expect(fallbacksOf(out)).toEqual([
      { path: ['product'], service: 'products', source: 'stale', ageMs: expect.any(Number) },
    ]);

    const other = await shop.query('{ product(upc: "p3") { name } user(id: "u1") { name } }');
    expect(other.data).toEqual({ product: null, user: { name: expect.any(String) } });
    expect(other.errors).toMatchObject([{ path: ['product'], extensions: { service: 'products' } }]);
    expect(fallbacksOf(other)).toBeUndefined();

    faults.clear();
    await wellAgain(query);
  });

  it('is for the same user alone, also where sharing ignores the header that says who that is', async () => {
    const query = '{ product(upc: "p3") { name } }';
    const as = (user: string) => shop.query(query, { headers: { 'x-auth-request-user': user } });
    const well = await as('ada');
    expect(well.data).toEqual({ product: { name: expect.any(String) } });
    shop.mocks.service('products').faults.set({ down: true });
    expect((await as('grace')).data).toEqual({ product: null });
    const out = await as('ada');
    expect(out).toMatchObject({ data: well.data, errors: undefined });
    expect(fallbacksOf(out)).toMatchObject([{ source: 'stale' }]);
    shop.mocks.service('products').faults.clear();
    await expect.poll(async () => (await as('linus')).data).toEqual(well.data);
  });

  it('of entities is marked at each of them', async () => {
    const query = '{ latestReviews(first: 2) { id product { name } } }';
    const well = await shop.query(query);
    shop.mocks.service('products').faults.set({ down: true });
    const out = await shop.query(query);
    expect(out).toMatchObject({ data: well.data, errors: undefined });
    expect(fallbacksOf(out)).toMatchObject([
      { path: ['latestReviews', 0, 'product', 'name'], service: 'products', source: 'stale' },
      { path: ['latestReviews', 1, 'product', 'name'], service: 'products', source: 'stale' },
    ]);
    shop.mocks.service('products').faults.clear();
    await wellAgain(query);
  });
});

it.each([
  [
    'reviews: { fallbacks: { Product.averageRatin: 0 } }',
    /reviews\.fallbacks.*did you mean "Product\.averageRating"/,
  ],
  ['reviews: { fallbacks: { Mutation.addReview: null } }', /a mutation has no fallback/],
  ['reviews: { fallbacks: { averageRating: null } }', /expected a field such as Product\.rating/],
  [
    'products: { fields: { Product.name: { timeoutMs: 5 } } }',
    /products\.fields: only subgraphs of kind local/,
  ],
  ['users: { fields: { Query.usr: { timeoutMs: 5 } } }', /users\.fields: .*did you mean "Query\.user"/],
  ['reviews: { idempotencyKeys: [Query.latestReviews] }', /expected a field of Mutation/],
  ['reviews: { idempotencyKeys: [Mutation.addRevue] }', /reviews\.idempotencyKeys: .*Mutation\.addReview/],
  ['payments: { idempotencyKeys: [Mutation.addReview] }', /payments\.idempotencyKeys: only .* kind graphql/],
  ['inventory: { stale: {} }', /inventory\.stale: only answers of subgraphs of kind graphql/],
])('at start %s is refused', async (service, reason) => {
  await expect(openShop({ settings: `policies:\n  services:\n    ${service}\n` })).rejects.toThrow(reason);
});
