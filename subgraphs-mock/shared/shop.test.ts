import { describe, expect, it } from 'vitest';

import { generateShop, generatedShop } from './shop.ts';

const shop = generatedShop();

describe('generateShop', () => {
  it('makes the same shop from the same seed, and another one from another seed', () => {
    expect(generateShop(7)).toEqual(generateShop(7));
    expect(generateShop(7).orders).not.toEqual(generateShop(8).orders);
  });

  it('makes 200 products, 100 users, 500 orders and 2,000 reviews, numbered from 1', () => {
    expect([shop.products.length, shop.users.length, shop.orders.length, shop.reviews.length]).toEqual([
      200, 100, 500, 2_000,
    ]);
    expect([
      shop.products[0]?.upc,
      shop.users[99]?.id,
      shop.orders[499]?.id,
      shop.reviews[1_999]?.id,
    ]).toEqual(['p1', 'u100', 'o500', 'r2000']);
  });

  it('refers only to what exists', () => {
    const upcs = new Set(shop.products.map(({ upc }) => upc));
    const users = new Set(shop.users.map(({ id }) => id));
    const strays = [
      ...shop.reviews.filter(({ upc, userId }) => !upcs.has(upc) || !users.has(userId)),
      ...shop.orders.filter(
        ({ userId, items }) => !users.has(userId) || items.some(({ upc }) => !upcs.has(upc)),
      ),
    ];
    expect(strays).toEqual([]);
  });

  it('prices orders by the catalogue', () => {
    const prices = new Map(shop.products.map(({ upc, price }) => [upc, price]));
    const wrong = shop.orders.filter(
      ({ items, total }) =>
        total !== items.reduce((sum, { upc, quantity }) => sum + quantity * (prices.get(upc) ?? 0), 0),
    );
    expect(wrong).toEqual([]);
  });

  it('has a payment for every order that is not pending or cancelled, and a shipment for each that was sent', () => {
    const idsOf = (...wanted: string[]) =>
      shop.orders.filter(({ status }) => wanted.includes(status)).map(({ id }) => id);
    expect(shop.payments.map(({ orderId }) => orderId)).toEqual(idsOf('PAID', 'SHIPPED', 'DELIVERED'));
    expect(shop.shipments.map(({ orderId }) => orderId)).toEqual(idsOf('SHIPPED', 'DELIVERED'));
    expect(shop.orders[0]).toMatchObject({ id: 'o1', status: 'SHIPPED' });
  });

  it('has orders in every status and stock both there and sold out', () => {
    expect(new Set(shop.orders.map(({ status }) => status)).size).toBe(5);
    expect(shop.stocks.some(({ quantity }) => quantity === 0)).toBe(true);
    expect(shop.stocks.some(({ quantity }) => quantity > 0)).toBe(true);
  });
});
