/** A subgraph whose fields are functions, for the tests of the example kind. */

import { RecordReader } from '../../../src/sources/resolvers/record-reader.ts';
import { defineSources, defineSubgraph, type SubgraphContext } from '../../../src/services/define.ts';
import { source as lambda } from './kind.ts';

const sources = defineSources({ functions: lambda });

type Context = SubgraphContext<typeof sources>;

export const subgraph = defineSubgraph({
  sources,
  resolvers: {
    Query: {
      quote: async (_parent: unknown, { upc }: { upc: string }, context: Context) => {
        const { functions } = context.sources;
        const quoted = await functions.invoke('quote', { upc }, { kind: 'query' }, context.request);
        return new RecordReader('functions', quoted).whole('price');
      },
    },
    Mutation: {
      order: async (_parent: unknown, { upc, key }: { upc: string; key?: string }, context: Context) => {
        const { functions } = context.sources;
        const invocation = {
          kind: 'mutation',
          ...(key === undefined ? {} : { idempotencyKey: key }),
        } as const;
        const ordered = await functions.invoke('order', { upc }, invocation, context.request);
        return new RecordReader('functions', ordered).text('id');
      },
    },
  },
});
