/** The sources of the users subgraph, and the context its resolvers get. */

import { type SubgraphContext, defineSources } from '../define.ts';

export const sources = defineSources({ users: 'rest' });

export type UsersContext = SubgraphContext<typeof sources>;
