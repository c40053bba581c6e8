/** The shipping subgraph: shipments of orders and the cost of sending products, from the gRPC service. */

import { defineSubgraph } from '@tributary-gateway/tributary';

import { estimateFor, shipmentById, shipmentByOrder } from './shipments.ts';
import { sources } from './context.ts';
import type { Resolvers } from './generated/resolvers.ts';

export const subgraph = defineSubgraph<Resolvers>({
  sources,
  resolvers: {
    Order: {
      shipment: ({ id }, _args, context) => shipmentByOrder(context).load(id),
    },
    OrderDetails: {
      shipment: ({ orderId }, _args, context) => shipmentByOrder(context).load(orderId),
    },
    Shipment: {
      __resolveReference: ({ id }, context) => shipmentById(context, id),
    },
    Product: {
      shippingEstimate({ upc, price, weightGrams }, _args, context) {
        // The products service failed: without price and weight there is no estimate.
        if (typeof price !== 'number' || typeof weightGrams !== 'number') return null;
        return estimateFor(context).load({ upc, price, weightGrams });
      },
    },
  },
});
