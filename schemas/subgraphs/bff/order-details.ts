/**
 * The order page. The bff knows nothing of it but its key: order, payment and shipment come from the subgraphs that own
 * them, all at the same time, and the user once the order says which.
 */

import type { OrderDetailsResolvers } from './generated/resolvers.ts';

export const orderDetails: OrderDetailsResolvers = {
  user({ order }) {
    // No order, no user: that is an answer and not an error.
    return typeof order?.userId === 'string' ? { id: order.userId } : null;
  },
};
