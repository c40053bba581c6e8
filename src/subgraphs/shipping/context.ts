/** The sources of the shipping subgraph, and the context its resolvers get. */

import { type SubgraphContext, defineSources } from '../define.ts';

export const sources = defineSources({ shipping: 'grpc' });

export type ShippingContext = SubgraphContext<typeof sources>;
