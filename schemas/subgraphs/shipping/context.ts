/** The sources of the shipping subgraph, and the context its resolvers get. */

import { defineSources, type SubgraphContext } from '@tributary-gateway/tributary';

export const sources = defineSources({ shipping: 'grpc' });

export type ShippingContext = SubgraphContext<typeof sources>;
