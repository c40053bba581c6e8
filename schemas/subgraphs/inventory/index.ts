/** The inventory subgraph: stock levels of products, from the gRPC service. */

import { defineSubgraph } from '@tributary-gateway/tributary';

import { stockByUpc } from './stock.ts';
import { sources } from './context.ts';
import type { Resolvers } from './generated/resolvers.ts';

export const subgraph = defineSubgraph<Resolvers>({
  sources,
  resolvers: {
    Product: {
      inStock: async ({ upc }, _args, context) => {
        const stock = await stockByUpc(context).load(upc);
        return stock && stock.quantity > 0;
      },
      quantity: async ({ upc }, _args, context) => (await stockByUpc(context).load(upc))?.quantity ?? null,
      warehouse: async ({ upc }, _args, context) => (await stockByUpc(context).load(upc))?.warehouse ?? null,
    },
  },
});
