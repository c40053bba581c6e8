/** The payments subgraph: how each order was paid, from the REST service. */

import { defineSubgraph } from '@tributary-gateway/tributary';

import { paymentById, paymentByOrder } from './payments.ts';
import { sources } from './context.ts';
import type { Resolvers } from './generated/resolvers.ts';

export const subgraph = defineSubgraph<Resolvers>({
  sources,
  resolvers: {
    Order: {
      payment: ({ id }, _args, context) => paymentByOrder(context).load(id),
    },
    OrderDetails: {
      payment: ({ orderId }, _args, context) => paymentByOrder(context).load(orderId),
    },
    Payment: {
      __resolveReference: ({ id }, context) => paymentById(context).load(id),
    },
  },
});
