/** The sources of the payments subgraph, and the context its resolvers get. */

import { type SubgraphContext, defineSources } from '../define.ts';

export const sources = defineSources({ payments: 'rest' });

export type PaymentsContext = SubgraphContext<typeof sources>;
