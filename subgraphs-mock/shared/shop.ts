/**
 * The generated data of all seven mocks: 200 products, 100 users, 500 orders with their payments and shipments, and
 * 2,000 reviews. It is the same in every run, so that the services are consistent without shared state.
 */

import { createRandom, seedOf } from './random.ts';
import type { Random } from './random.ts';
import * as words from './shop-words.ts';

type Category = keyof typeof words.categories;
type OrderStatus = 'PENDING' | 'PAID' | 'SHIPPED' | 'DELIVERED' | 'CANCELLED';
export type PaymentMethod = (typeof paymentMethods)[number];

export const paymentMethods = ['CARD', 'PAYPAL', 'INVOICE'] as const;

export interface Product {
  readonly upc: string;
  readonly name: string;
  readonly description: string | null;
  readonly price: number;
  readonly category: Category;
  readonly weightGrams: number;
}

interface User {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly country: string;
  readonly createdAt: string;
}

export interface OrderItem {
  readonly upc: string;
  readonly quantity: number;
  readonly unitPrice: number;
}

export interface Order {
  readonly id: string;
  readonly userId: string;
  readonly status: OrderStatus;
  readonly total: number;
  readonly createdAt: string;
  readonly items: readonly OrderItem[];
}

export interface Payment {
  readonly id: string;
  readonly orderId: string;
  readonly method: PaymentMethod;
  readonly status: 'AUTHORIZED' | 'CAPTURED' | 'REFUNDED';
  readonly amount: number;
  readonly createdAt: string;
}

export interface Shipment {
  readonly id: string;
  readonly orderId: string;
  readonly carrier: string;
  readonly status: 'LABEL_CREATED' | 'IN_TRANSIT' | 'DELIVERED';
  readonly trackingCode: string;
  readonly estimatedDelivery: string;
}

export interface Stock {
  readonly upc: string;
  readonly quantity: number;
  readonly warehouse: string;
}

export interface Review {
  readonly id: string;
  readonly upc: string;
  readonly userId: string;
  readonly rating: number;
  readonly body: string;
  readonly createdAt: string;
}

/** Oldest first in every list: a higher number in an id is a later date. */
export interface Shop {
  readonly products: readonly Product[];
  readonly users: readonly User[];
  readonly orders: readonly Order[];
  readonly payments: readonly Payment[];
  readonly shipments: readonly Shipment[];
  readonly stocks: readonly Stock[];
  readonly reviews: readonly Review[];
}

const shopSizes = { products: 200, users: 100, orders: 500, reviews: 2_000 } as const;

const dayMs = 86_400_000;
const opened = Date.parse('2025-01-06T08:00:00Z');
const generatedUntil = Date.parse('2026-10-31T20:00:00Z');

let shop: Shop | undefined;

/** The shop, generated on first use and shared: read-only, so copy what a mutation changes. */
export function generatedShop(): Shop {
  shop ??= generateShop(2_026);
  return shop;
}

export function generateShop(seed: number): Shop {
  // One generator per kind, so that a change to reviews does not change the orders.
  const randomFor = (kind: string) => createRandom(seed ^ seedOf(kind));
  const products = numbered(shopSizes.products, (n) => makeProduct(n, randomFor(`product ${n}`)));
  const users = numbered(shopSizes.users, (n) => makeUser(n, randomFor(`user ${n}`)));
  const orders = numbered(shopSizes.orders, (n) => makeOrder(n, products, randomFor(`order ${n}`)));
  return {
    products,
    users,
    orders,
    payments: orders.flatMap((order) => paymentsOf(order, randomFor(`payment ${order.id}`))),
    shipments: orders.flatMap((order) => shipmentsOf(order)),
    stocks: products.map((product) => stockOf(product, randomFor(`stock ${product.upc}`))),
    reviews: numbered(shopSizes.reviews, (n) => makeReview(n, products, randomFor(`review ${n}`))),
  };
}

/** The creation time of the `n`th object that a mutation creates: later than all generated data, and deterministic. */
export function createdAtOf(n: number): string {
  return new Date(generatedUntil + n * 60_000).toISOString();
}

/** A new shipment; its carrier and tracking code depend on the order's id alone. */
export function makeShipment(orderId: string, status: Shipment['status'], bookedAt: string): Shipment {
  const random = createRandom(seedOf(`shipment ${orderId}`));
  const carrier = random.pick(words.carriers);
  return {
    id: `shp-${orderId}`,
    orderId,
    carrier,
    status,
    trackingCode: `${carrier.slice(0, 2).toUpperCase()}${random.whole(10_000_000, 99_999_999)}`,
    estimatedDelivery: new Date(Date.parse(bookedAt) + random.whole(2, 9) * dayMs).toISOString().slice(0, 10),
  };
}

function makeProduct(n: number, random: Random): Product {
  const category = random.pick(Object.keys(words.categories) as Category[]);
  const { describers, nouns, priceCents, weightGrams }: words.CategoryWords = words.categories[category];
  const noun = random.pick(nouns);
  const name = `${random.pick(words.makers)} ${random.pick(describers)} ${noun}`;
  const described = random.next() < 0.9;
  return {
    upc: `p${n}`,
    name,
    description: described
      ? `${noun} No. ${n} of our ${category.toLowerCase()} range. ${random.pick(words.selling)}`
      : null,
    price: random.whole(...priceCents),
    category,
    weightGrams: random.whole(...weightGrams),
  };
}

function makeUser(n: number, random: Random): User {
  const first = random.pick(words.firstNames);
  const last = random.pick(words.lastNames);
  return {
    id: `u${n}`,
    name: `${first} ${last}`,
    // The number keeps it unique; example.com is reserved (RFC 2606).
    email: `${asciiOf(first)}.${asciiOf(last)}${n}@example.com`,
    country: random.pick(words.countries),
    // All users signed up before the first order, three days apart.
    createdAt: new Date(opened - (shopSizes.users + 1 - n) * 3 * dayMs).toISOString(),
  };
}

function makeOrder(n: number, products: readonly Product[], random: Random): Order {
  const chosen = new Map<string, OrderItem>();
  const itemCount = random.whole(1, 4);
  while (chosen.size < itemCount) {
    // The square favours low numbers, so that some products sell much better than others.
    const product = products[Math.floor(random.next() ** 2 * products.length)];
    if (!product) throw new Error('a shop without products takes no orders');
    chosen.set(product.upc, { upc: product.upc, quantity: random.whole(1, 3), unitPrice: product.price });
  }
  const items = [...chosen.values()];
  return {
    id: `o${n}`,
    userId: `u${random.whole(1, shopSizes.users)}`,
    // The first order is the example in the docs: it has a payment and a shipment.
    status: n === 1 ? 'SHIPPED' : statusOf(random.next()),
    total: items.reduce((sum, item) => sum + item.quantity * item.unitPrice, 0),
    createdAt: dateAt(n, shopSizes.orders),
    items,
  };
}

function statusOf(share: number): OrderStatus {
  if (share < 0.1) return 'PENDING';
  if (share < 0.2) return 'CANCELLED';
  if (share < 0.35) return 'PAID';
  return share < 0.55 ? 'SHIPPED' : 'DELIVERED';
}

function paymentsOf(order: Order, random: Random): Payment[] {
  if (order.status === 'PENDING' || order.status === 'CANCELLED') return [];
  const returned = order.status === 'DELIVERED' && random.next() < 0.08;
  return [
    {
      id: `pay-${order.id}`,
      orderId: order.id,
      method: random.pick(paymentMethods),
      status: order.status === 'PAID' ? 'AUTHORIZED' : returned ? 'REFUNDED' : 'CAPTURED',
      amount: order.total,
      createdAt: order.createdAt,
    },
  ];
}

function shipmentsOf(order: Order): Shipment[] {
  if (order.status === 'SHIPPED') return [makeShipment(order.id, 'IN_TRANSIT', order.createdAt)];
  if (order.status === 'DELIVERED') return [makeShipment(order.id, 'DELIVERED', order.createdAt)];
  return [];
}

function stockOf(product: Product, random: Random): Stock {
  const soldOut = random.next() < 0.1;
  return {
    upc: product.upc,
    quantity: soldOut ? 0 : random.whole(1, 250),
    warehouse: random.pick(words.warehouses),
  };
}

function makeReview(n: number, products: readonly Product[], random: Random): Review {
  // The better of two random ratings: most reviews are good.
  const rating = Math.max(random.whole(1, 5), random.whole(1, 5));
  return {
    id: `r${n}`,
    upc: random.pick(products).upc,
    userId: `u${random.whole(1, shopSizes.users)}`,
    rating,
    body: `${random.pick(words.opinions[rating - 1] ?? [])} ${random.pick(words.remarks)}`,
    createdAt: dateAt(n, shopSizes.reviews),
  };
}

function numbered<T>(count: number, make: (n: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index + 1));
}

/** Distributes `of` objects evenly over the shop's lifetime, so that dates increase with ids. */
function dateAt(n: number, of: number): string {
  return new Date(Math.round(opened + ((generatedUntil - opened) * n) / of)).toISOString();
}

function asciiOf(name: string): string {
  return name
    .normalize('NFD')
    .replaceAll(/[^a-z]/gi, '')
    .toLowerCase();
}
