/** What the shop's own graph lacks for tests of faults: fields that must not be null, and one fetch over three sources. */

import { loaderOf, type Loader } from '../../../src/sources/resolvers/loader.ts';
import { RecordReader } from '../../../src/sources/resolvers/record-reader.ts';
import { defineSources, defineSubgraph, type SubgraphContext } from '../../../src/services/define.ts';
import { paymentByOrder } from '../../../schemas/subgraphs/payments/payments.ts';
import { stockByUpc } from '../../../schemas/subgraphs/inventory/stock.ts';
import { userById } from '../../../schemas/subgraphs/users/users.ts';

const sources = defineSources({ catalog: 'graphql', users: 'rest', payments: 'rest', inventory: 'grpc' });

type Context = SubgraphContext<typeof sources>;

interface ProductKey {
  readonly upc: string;
}

interface DeskKey extends ProductKey {
  readonly orderId: string;
}

const namesQuery = `query DeskNames($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Product { upc name } }
}`;

function nameByUpc({ request, sources: { catalog } }: Context): Loader<string, string> {
  return loaderOf(request, 'desk.names', async (upcs) => {
    const representations = upcs.map((upc) => ({ __typename: 'Product', upc }));
    const answer = await catalog.query(namesQuery, { representations }, request);
    const products = new RecordReader('catalog', answer).records('_entities');
    return new Map(products.map((product) => [product.text('upc'), product.text('name')]));
  });
}

async function levelOf(upc: string, context: Context): Promise<number | null> {
  return (await stockByUpc(context).load(upc))?.quantity ?? null;
}

const title = ({ upc }: ProductKey, _args: unknown, context: Context) => nameByUpc(context).load(upc);
const level = ({ upc }: ProductKey, _args: unknown, context: Context) => levelOf(upc, context);

export const subgraph = defineSubgraph({
  sources,
  resolvers: {
    Query: {
      desk: (_parent: unknown, key: DeskKey): DeskKey => key,
      stock: (_parent: unknown, { upc }: ProductKey, context: Context) => levelOf(upc, context),
    },
    Desk: {
      title,
      paymentStatus: async ({ orderId }: DeskKey, _args: unknown, context: Context) =>
        (await paymentByOrder(context).load(orderId))?.status ?? null,
      quantity: level,
    },
    Product: { title, strictTitle: title, level, strictLevel: level },
    User: {
      strictEmail: async ({ id }: { readonly id: string }, _args: unknown, context: Context) =>
        (await userById(context).load(id))?.email ?? null,
    },
  },
});
