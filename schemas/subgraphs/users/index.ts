/** The users subgraph: users of the REST service as entities of the graph. */

import { defineSubgraph } from '@tributary-gateway/tributary';

import { userById } from './users.ts';
import { sources } from './context.ts';
import type { Resolvers } from './generated/resolvers.ts';

export const subgraph = defineSubgraph<Resolvers>({
  sources,
  resolvers: {
    Query: {
      user: (_parent, { id }, context) => userById(context).load(id),
      users: (_parent, { ids }, context) => Promise.all(ids.map((id) => userById(context).load(id))),
    },
    User: {
      __resolveReference: ({ id }, context) => userById(context).load(id),
    },
  },
});
