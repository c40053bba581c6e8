/** The bff subgraph: whole pages and actions of the shop's clients, composed from several services. */

import { defineSubgraph } from '@tributary-gateway/tributary';

import { sources } from './context.ts';
import type { Resolvers } from './generated/resolvers.ts';
import { orderDetails } from './order-details.ts';
import { placeOrder, placeOrderPayload } from './place-order.ts';
import { userDashboard } from './user-dashboard.ts';

export const subgraph = defineSubgraph<Resolvers>({
  sources,
  resolvers: {
    Query: {
      orderDetails: (_parent, { orderId }) => ({ orderId }),
      userDashboard: (_parent, { userId }) => ({ userId }),
    },
    Mutation: {
      placeOrder: (_parent, { input }, context) => placeOrder(input, context),
    },
    OrderDetails: orderDetails,
    UserDashboard: userDashboard,
    PlaceOrderPayload: placeOrderPayload,
  },
});
