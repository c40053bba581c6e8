/** The start page: one call for orders and statistics, one for recommendations, which fail independently. */

import { type Loader, loaderOf, RecordReader, recordsOf } from '@tributary-gateway/tributary';

import type { BffContext } from './context.ts';
import type { DashboardStats, UserDashboardResolvers } from './generated/resolvers.ts';

export interface UserDashboardParent {
  readonly userId: string;
}

interface UserOrders {
  readonly stats: DashboardStats;
  readonly orderIds: readonly string[];
}

export const userDashboard: UserDashboardResolvers = {
  user: ({ userId }) => ({ id: userId }),
  recentOrders: async ({ userId }, _args, context) => {
    const orders = await ordersOfUser(context).load(userId);
    return orders && orders.orderIds.map((id) => ({ id }));
  },
  stats: async ({ userId }, _args, context) => (await ordersOfUser(context).load(userId))?.stats ?? null,
  recommendations: ({ userId }, _args, context) => recommendedTo(context, userId),
};

const ordersOfUsersQuery = `query DashboardOrders($userIds: [ID!]!) {
  ordersOfUsers(userIds: $userIds, first: 10) { userId totalOrders totalSpent orders { id } }
}`;

/** A loader, so that `recentOrders` and `stats`, and several dashboards in one request, share one call. */
function ordersOfUser({ request, sources }: BffContext): Loader<string, UserOrders> {
  return loaderOf(
    request,
    'bff.ordersOfUser',
    async (userIds) => {
      const answer = await sources.orders.query(ordersOfUsersQuery, { userIds }, request);
      const byUser = new Map<string, UserOrders>();
      for (const record of new RecordReader('orders', answer).records('ordersOfUsers')) {
        byUser.set(record.text('userId'), {
          stats: { totalOrders: record.whole('totalOrders'), totalSpent: record.whole('totalSpent') },
          orderIds: record.records('orders').map((order) => order.text('id')),
        });
      }
      return byUser;
    },
    { batching: sources.orders.batching },
  );
}

const recommendationsQuery = `query DashboardRecommendations($userId: ID!) {
  recommendations(userId: $userId) { upc }
}`;

async function recommendedTo({ request, sources }: BffContext, userId: string) {
  const answer = await sources.products.query<{ recommendations?: unknown }>(
    recommendationsQuery,
    { userId },
    request,
  );
  return recordsOf('products', answer.recommendations).map((product) => ({ upc: product.text('upc') }));
}
