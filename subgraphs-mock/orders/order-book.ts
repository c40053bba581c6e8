/** All orders, newest first: the generated ones and those created since the last reset. */

import { GraphQLError } from 'graphql';

import { createdAtOf, generatedShop, paymentMethods } from '../shared/shop.ts';
import type { Order, OrderItem } from '../shared/shop.ts';

export interface CreateOrderInput {
  readonly userId: string;
  readonly itemUpcs: readonly string[];
  readonly itemQuantities: readonly number[];
  readonly shipName: string;
  readonly shipStreet: string;
  readonly shipCity: string;
  readonly shipCountry: string;
  readonly paymentMethod: string;
  readonly note?: string | null;
}

export interface OrderBook {
  byId(id: string): Order | undefined;
  latest(): readonly Order[];
  ofUser(userId: string): readonly Order[];
  hasUser(userId: string): boolean;
  /** @throws {GraphQLError} `BAD_USER_INPUT`. */
  create(input: CreateOrderInput): Order;
  readonly reset: () => void;
}

const itemsMax = 50;
const quantityMax = 100;
const ordersMax = 100_000;

export function createOrderBook(): OrderBook {
  const shop = generatedShop();
  const userIds = new Set(shop.users.map(({ id }) => id));
  const byId = new Map<string, Order>();
  const byUser = new Map<string, Order[]>();
  const latest: Order[] = [];

  function put(order: Order): Order {
    byId.set(order.id, order);
    latest.unshift(order);
    const ordersOfUser = byUser.get(order.userId);
    if (ordersOfUser) ordersOfUser.unshift(order);
    else byUser.set(order.userId, [order]);
    return order;
  }

  function reset(): void {
    byId.clear();
    byUser.clear();
    latest.length = 0;
    for (const order of shop.orders) put(order);
  }

  function create(input: CreateOrderInput): Order {
    if (!userIds.has(input.userId)) throw badInput(`there is no user ${input.userId}`);
    if (!paymentMethods.some((method) => method === input.paymentMethod))
      throw badInput(`a payment method is one of ${paymentMethods.join(', ')}`);
    if (byId.size === ordersMax) throw badInput('the book is full');
    const items = itemsOf(input);
    const n = byId.size + 1;
    return put({
      id: `o${n}`,
      userId: input.userId,
      status: 'PENDING',
      total: items.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0),
      createdAt: createdAtOf(n - shop.orders.length),
      items,
    });
  }

  reset();
  return {
    create,
    reset,
    byId: (id) => byId.get(id),
    latest: () => latest,
    ofUser: (userId) => byUser.get(userId) ?? [],
    hasUser: (userId) => userIds.has(userId),
  };
}

function itemsOf({ itemUpcs, itemQuantities }: CreateOrderInput): OrderItem[] {
  if (itemUpcs.length === 0 || itemUpcs.length > itemsMax)
    throw badInput(`an order has 1 to ${itemsMax} items`);
  if (itemUpcs.length !== itemQuantities.length)
    throw badInput(`${itemUpcs.length} upcs and ${itemQuantities.length} quantities do not match`);
  return itemUpcs.map((upc, index) => {
    const product = generatedShop().products.find((candidate) => candidate.upc === upc);
    const quantity = itemQuantities[index] ?? 0;
    if (!product) throw badInput(`there is no product ${upc}`);
    if (quantity < 1 || quantity > quantityMax)
      throw badInput(`a quantity is 1 to ${quantityMax}, not ${quantity}`);
    return { upc, quantity, unitPrice: product.price };
  });
}

function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
