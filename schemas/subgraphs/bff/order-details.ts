/**
 * The order page. The bff resolves only its key: order, payment and shipment come concurrently from the subgraphs that
 * own them, and the user once the order is known.
 */

import type { OrderDetailsResolvers } from './generated/resolvers.ts';

export const orderDetails: OrderDetailsResolvers = {
  user({ order }) {
    // Without an order there is no user, which is not an error.
    return typeof order?.userId === 'string' ? { id: order.userId } : null;
  },
};
