/** The sources of the inventory subgraph, and the context its resolvers get. */

import { type SubgraphContext, defineSources } from '../define.ts';

export const sources = defineSources({ inventory: 'grpc' });

export type InventoryContext = SubgraphContext<typeof sources>;
