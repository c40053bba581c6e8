/** The sources of the bff subgraph, and the context its resolvers get. */

import { defineSources, type SubgraphContext } from '@tributary-gateway/tributary';

export const sources = defineSources({
  products: 'graphql',
  orders: 'graphql',
  payments: 'rest',
  shipping: 'grpc',
});

export type BffContext = SubgraphContext<typeof sources>;
