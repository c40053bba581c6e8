/** Orders: a GraphQL subgraph with internal fields (`@inaccessible`) that only the gateway's own code calls. */

import { startGraphqlMock, firstOf } from '../shared/graphql-service.ts';
import type { GraphqlStartOptions, Mock } from '../shared/mock.ts';
import type { Order } from '../shared/shop.ts';
import { createOrderBook } from './order-book.ts';
import type { CreateOrderInput, OrderBook } from './order-book.ts';

interface FirstArgs {
  readonly first: number;
}

interface UsersArgs extends FirstArgs {
  readonly userIds: readonly string[];
}

export function startOrders(options: GraphqlStartOptions = {}): Promise<Mock> {
  const book = createOrderBook();
  const resolvers = {
    Query: {
      order: (_: unknown, { id }: { id: string }) => book.byId(id) ?? null,
      orders: (_: unknown, { first }: FirstArgs) => firstOf(book.latest(), first),
      ordersOfUsers: (_: unknown, { userIds, first }: UsersArgs) =>
        userIds.filter((id) => book.hasUser(id)).map((id) => toUserOrders(book, id, first)),
    },
    Mutation: {
      createOrder: (_: unknown, { input }: { input: CreateOrderInput }) => book.create(input),
    },
    Order: {
      __resolveReference: ({ id }: { id: string }) => book.byId(id) ?? null,
      user: ({ userId }: Order) => ({ id: userId }),
    },
    OrderDetails: {
      order: ({ orderId }: { orderId: string }) => book.byId(orderId) ?? null,
    },
    OrderItem: {
      product: ({ upc }: { upc: string }) => ({ upc }),
    },
    User: {
      __resolveReference: ({ id }: { id: string }) => (book.hasUser(id) ? { id } : null),
      orders: ({ id }: { id: string }, { first }: FirstArgs) => firstOf(book.ofUser(id), first),
    },
  };
  return startGraphqlMock('orders', { resolvers, resetData: book.reset }, options);
}

function toUserOrders(book: OrderBook, userId: string, first: number) {
  const orders = book.ofUser(userId);
  const spent = orders.filter(({ status }) => status !== 'CANCELLED');
  return {
    userId,
    totalOrders: orders.length,
    totalSpent: spent.reduce((sum, { total }) => sum + total, 0),
    orders: firstOf(orders, first),
  };
}
