/** The sources of the users subgraph, and the context its resolvers get. */

import { defineSources, type SubgraphContext } from '@tributary-gateway/tributary';

export const sources = defineSources({ users: 'rest' });

export type UsersContext = SubgraphContext<typeof sources>;
