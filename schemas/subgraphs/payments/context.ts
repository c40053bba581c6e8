/** The sources of the payments subgraph, and the context its resolvers get. */

import { defineSources, type SubgraphContext } from '@tributary-gateway/tributary';

export const sources = defineSources({ payments: 'rest' });

export type PaymentsContext = SubgraphContext<typeof sources>;
