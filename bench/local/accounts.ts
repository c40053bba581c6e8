/** The accounts subgraph inside our gateway: the project's own loader over the REST service. */

import { defineSources, defineSubgraph, type SubgraphContext } from '../../src/services/define.ts';
import { type Loader, loaderOf } from '../../src/sources/resolvers/loader.ts';

interface Member {
  readonly id: string;
}

const sources = defineSources({ members: 'rest' });
type Context = SubgraphContext<typeof sources>;

export const subgraph = defineSubgraph({
  sources,
  resolvers: {
    Query: {
      members: (_parent: unknown, { first }: { readonly first: number }, context: Context) =>
        context.sources.members.get('/members', { query: { first } }, context.request),
      member: (_parent: unknown, { id }: Member, context: Context) => memberById(context).load(id),
    },
    Member: { __resolveReference: ({ id }: Member, context: Context) => memberById(context).load(id) },
  },
});

function memberById({ request, sources: { members } }: Context): Loader<string, Member> {
  return loaderOf(request, 'members.byId', async (ids) => {
    const rows = (await members.get('/members', { query: { ids } }, request)) as readonly Member[];
    return new Map(rows.map((row) => [row.id, row]));
  });
}
