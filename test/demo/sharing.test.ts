/** Sharing identical calls and requests in flight saves calls and changes no answer. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { ask, type GraphqlReply } from '../support/ask.ts';
import { overlap } from '../support/intervals.ts';
import { openShop, type Shop } from '../support/shop.ts';

const latencyMs = 150;
let alone: Shop;

beforeAll(async () => {
  alone = await openShop({ settings: 'sharing: { fetches: false, requests: false }' });
});
afterAll(() => alone.close());

describe.each(['{ fetches: true, requests: false }', '{ fetches: true, requests: true }'])(
  '%s',
  (sharing) => {
    let shop: Shop;

    beforeAll(async () => {
      shop = await openShop({
        settings: `sharing: ${sharing}\npolicies: { defaults: { retries: { max: 0 } } }`,
      });
    });
    afterAll(() => shop.close());
    beforeEach(() => {
      for (const { mocks } of [alone, shop]) mocks.reset();
    });

    it('gives each of many concurrent operations what it gets without sharing, with fewer calls', async () => {
      const expected = await together(alone, operations);
      const callsAlone = callsToRemote(alone);
      const shared = await together(shop, operations);
      expect(shared).toEqual(expected);
      expect(shared.every(({ errors }) => errors === undefined)).toBe(true);
      expect(callsToRemote(shop)).toBeLessThan(callsAlone);
      // Again, with everything planned: nothing of the first time is left.
      expect(await together(shop, operations)).toEqual(expected);
    });

    it('gives each of them an error of its own when the shared call fails', async () => {
      const [operation = ''] = operations;
      await together(shop, [operation]);
      shop.mocks.reset();
      for (const { faults } of shop.mocks.all) faults.set({ latencyMs });
      shop.mocks.service('reviews').faults.set({ latencyMs, status: 503 });
      const replies = await Promise.all([operation, operation, operation].map((text) => shop.query(text)));
      expect(shop.mocks.service('reviews').calls.total).toBeLessThan(3);
      const ids = replies.map(({ errors }) => errors?.[0]?.extensions['requestId']);
      expect(new Set(ids).size).toBe(3);
      for (const { errors = [], headers } of replies) {
        expect(errors.length).toBeGreaterThan(0);
        for (const { extensions } of errors) {
          expect(extensions).toMatchObject({ service: 'reviews', requestId: headers.get('x-request-id') });
        }
      }
    });

    it.each(['first', 'second'])('lets the %s client leave without the other noticing', async (leaver) => {
      const query = '{ latestReviews(first: 3) { id rating } }';
      const expected = await shop.query(query);
      shop.mocks.reset();
      const reviews = shop.mocks.service('reviews');
      reviews.faults.set({ latencyMs: 2 * latencyMs });
      const controller = new AbortController();
      const leave = (): Promise<GraphqlReply> => ask(shop.url, query, { signal: controller.signal });
      const stay = (): Promise<GraphqlReply> => ask(shop.url, query);
      const asked = leaver === 'first' ? [leave(), stay()] : [stay(), leave()];
      const [leaving, staying] = leaver === 'first' ? asked : asked.toReversed();
      const gone = expect(leaving).rejects.toThrow(/abort/i);
      await expect.poll(() => reviews.calls.total).toBeGreaterThan(0);
      controller.abort();
      await gone;
      expect((await staying)?.data).toEqual(expected.data);
    });

    it('shows a client what its mutation did, although a query that began before is still open', async () => {
      const { mocks } = shop;
      const query = '{ orders(first: 1) { id } }';
      await shop.query(query);
      mocks.reset();
      const orders = mocks.service('orders');
      orders.faults.set({ latencyMs: 1500 });
      const before = shop.query(query);
      await expect.poll(() => orders.calls.total).toBe(1);
      orders.faults.clear();
      const { data } = await shop.query(placeOrder);
      expect(data).toEqual({ placeOrder: { order: { id: 'o501' } } });
      expect((await shop.query(query)).data).toEqual({ orders: [{ id: 'o501' }] });
      await before;
      const [first, second] = orders.calls.named('orders');
      if (!first || !second) throw new Error('a call is missing');
      expect(overlap(first, second)).toBe(true);
    });
  },
);

/** Goes on after it got its `x`; meanwhile others get another `x` for what they share. */
const longer = `{
  topProducts(first: 4) { name reviews(first: 3) { author { x: name orders(first: 1) { items { product { name } } } } } }
}`;

/** Several start with the same calls, then ask for other things, some of them under the same name. */
const operations = [
  longer,
  '{ topProducts(first: 4) { name reviews(first: 3) { author { x: email } } } }',
  '{ topProducts(first: 4) { name reviews(first: 1) { rating } } }',
  '{ topProducts(first: 4) { name x: inStock } }',
  '{ topProducts(first: 4) { name x: averageRating } }',
  '{ topProducts(first: 4) { name x: reviewCount } }',
  '{ orders(first: 8) { id user { x: name } items { product { name shippingEstimate { x: cost } } } } }',
  '{ orders(first: 8) { id user { x: email } items { product { name shippingEstimate { x: days } } } } }',
  '{ orderDetails(orderId: "o1") { order { status } user { x: name } } }',
  '{ orderDetails(orderId: "o1") { order { status } user { x: email } } }',
];

/** Three clients for each, at the same time, while every service takes a moment. */
async function together(shop: Shop, texts: readonly string[]) {
  for (const { faults } of shop.mocks.all) faults.set({ latencyMs });
  const asked = [...texts, ...texts, ...texts];
  const replies = await Promise.all(asked.map((text) => shop.query(text)));
  return replies.map(({ status, data, errors }) => ({ status, data, errors }));
}

/** In-process subgraphs share within a request only. */
function callsToRemote({ mocks }: Shop): number {
  const names = ['products', 'reviews', 'orders'] as const;
  return names.reduce((sum, name) => sum + mocks.service(name).calls.total, 0);
}

const placeOrder = `mutation { placeOrder(input: {
  customer: { id: "u1" }, items: [{ product: { upc: "p3" }, quantity: 2 }],
  shipTo: { name: "Ada", street: "Main 1", city: "Lyon", country: "FR" }, payment: { method: CARD }
}) { order { id } } }`;
