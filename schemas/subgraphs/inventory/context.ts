/** The sources of the inventory subgraph, and the context its resolvers get. */

import { defineSources, type SubgraphContext } from '@tributary-gateway/tributary';

export const sources = defineSources({ inventory: 'grpc' });

export type InventoryContext = SubgraphContext<typeof sources>;
