/** The order page: payment and shipment side by side from their services, the rest as keys for other subgraphs. */

import { paymentByOrder } from '../loaders/payments.ts';
import { shipmentByOrder } from '../loaders/shipping.ts';
import type { OrderStub } from '../stubs.ts';
import type { OrderDetailsResolvers } from './generated/resolvers.ts';

export interface OrderDetailsParent {
  readonly orderId: string;
  /** Sent along by the executor for `user`, which requires the order's `userId`. */
  readonly order?: OrderStub | null;
}

export const orderDetails: OrderDetailsResolvers = {
  order: ({ orderId }) => ({ id: orderId }),
  payment: ({ orderId }, _args, context) => paymentByOrder(context).load(orderId),
  shipment: ({ orderId }, _args, context) => shipmentByOrder(context).load(orderId),
  user({ order }) {
    // No order, no user: that is an answer and not an error.
    return typeof order?.userId === 'string' ? { id: order.userId } : null;
  },
};
