/** The start page: one call for orders and their sums, one for recommendations, each failing on its own. */

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
    const found = await ordersOfUser(context).load(userId);
    return found && found.orderIds.map((id) => ({ id }));
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
      const found = new Map<string, UserOrders>();
      for (const record of new RecordReader('orders', answer).records('ordersOfUsers')) {
        found.set(record.text('userId'), {
          stats: { totalOrders: record.whole('totalOrders'), totalSpent: record.whole('totalSpent') },
          orderIds: record.records('orders').map((order) => order.text('id')),
        });
      }
      return found;
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
