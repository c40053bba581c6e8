/**
 * A graph of two subgraphs in which everything that has the tag `internal` has a name that ends in `_Hid`, and clients
 * that see it or do not. The key and the required field of `Product` are hidden as well.
 */

import type { ClientGateway, ClientGatewayOptions, LocalSubgraph } from './client-gateway.ts';

const hidden = '@tag(name: "internal")';

const things: LocalSubgraph = {
  schema: `
    type Query {
      product(id: ID!): Product
      products: [Product]
      nodes: [Node]
      strictNodes: [Node!]
      items: [Item]
      kind: Kind
      kinds: [Kind]
      strictKind: Kind!
      echo(filter: Filter, kind: Kind = PLAIN, limit_Hid: Int = 7 ${hidden}): String
      echoDefault(filter: Filter = { name: "all" }, sort: Kind = SECRET_Hid): String
      vault_Hid: Vault_Hid ${hidden}
      fails: String
      namesHidden: String
      unfit: [Product]
    }
    type Mutation { rename(filter: Filter): String erase_Hid: String ${hidden} }
    interface Node { id: ID! }
    interface Locked_Hid ${hidden} { id: ID! lock_Hid: String ${hidden} }
    type Product implements Node & Locked_Hid @key(fields: "sku_Hid") {
      id: ID!
      name: String
      sku_Hid: ID! ${hidden}
      weight_Hid: Int! ${hidden}
      lock_Hid: String ${hidden}
      kind: Kind
      price(currency: Currency_Hid ${hidden}, tax: Boolean = true): Int
    }
    type Vault_Hid implements Node ${hidden} { id: ID! code_Hid: String ${hidden} }
    union Item = Product | Vault_Hid | Note
    type Note { text: String }
    enum Kind { PLAIN FANCY SECRET_Hid ${hidden} }
    enum Currency_Hid ${hidden} { EUR_Hid USD_Hid }
    input Filter { name: String kind: Kind owner_Hid: String = "nobody" ${hidden} nested: Filter }
  `,
  resolvers: `
    const refusal = (message, more) =>
      Object.assign(new Error(message), { name: 'GatewayError', code: 'SERVICE_ERROR', retryable: false, public: more });
    const products = [
      { __typename: 'Product', id: 'p1', name: 'Chair', sku_Hid: 'k1', weight_Hid: 3, kind: 'PLAIN' },
      { __typename: 'Product', id: 'p2', name: 'Table', sku_Hid: 'k2', weight_Hid: 30, kind: 'SECRET_Hid' },
    ];
    const vault = { __typename: 'Vault_Hid', id: 'v1', code_Hid: '1234' };
    export const resolvers = {
      Query: {
        product: (_, { id }) => products.find((one) => one.id === id),
        products: () => products,
        nodes: () => [products[0], vault],
        strictNodes: () => [products[0], vault],
        items: () => [products[0], vault, { __typename: 'Note', text: 'hello' }],
        kind: () => 'SECRET_Hid',
        kinds: () => ['PLAIN', 'SECRET_Hid'],
        strictKind: () => 'SECRET_Hid',
        echo: (_, args) => JSON.stringify(args).replaceAll('_Hid', ''),
        echoDefault: (_, args) => JSON.stringify(args).replaceAll('_Hid', ''),
        vault_Hid: () => vault,
        fails: () => { throw new Error('vault_Hid is empty'); },
        namesHidden: () => { throw refusal('Product.sku_Hid is unknown', { field_Hid: 'Vault_Hid.code_Hid' }); },
        unfit: () => [{ id: 'p3', name: 'Lamp', sku_Hid: 'k3', weight_Hid: null }],
      },
      Mutation: { rename: (_, args) => JSON.stringify(args).replaceAll('_Hid', ''), erase_Hid: () => 'gone' },
      Product: {
        __resolveReference: ({ sku_Hid: sku }) => products.find((one) => one.sku_Hid === sku),
        price: (_, { tax }) => (tax ? 119 : 100),
      },
    };
  `,
};

const stock: LocalSubgraph = {
  schema: `
    type Product @key(fields: "sku_Hid") {
      sku_Hid: ID!
      weight_Hid: Int! @external
      shipping: Int @requires(fields: "weight_Hid")
      inStock: Boolean
    }
  `,
  resolvers: `
    export const resolvers = {
      Product: {
        __resolveReference: (reference) => reference,
        shipping: ({ weight_Hid: weight }) => weight * 2,
        inStock: ({ sku_Hid: sku }) => sku === 'k1',
      },
    };
  `,
};

/** `web` sees nothing that is hidden, `staff` sees everything, `quiet` is `web` without introspection. */
export const secretGraph: ClientGatewayOptions = {
  ...things,
  others: { stock },
  clients: {
    web: 'contract: { exclude: [internal] }\nidentify: { public: true }\n',
    staff: 'contract: {}\n',
    quiet: 'contract: { exclude: [internal] }\nintrospection: off\n',
    anonymous: 'contract: { exclude: [internal] }\n',
  },
  settings: ['errors: { backendMessages: pass, suggestions: true }'],
};

export interface Ask {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

export interface ClientReply {
  readonly status: number;
  readonly text: string;
  readonly data: unknown;
  readonly errors: ReadonlyArray<{
    readonly message: string;
    readonly path?: ReadonlyArray<string | number>;
    readonly extensions: Readonly<Record<string, unknown>>;
  }>;
  /** Hidden names anywhere in the response that the request did not contain. */
  readonly leaks: readonly string[];
}

export async function askAs(
  client: string,
  { url, keyOf }: Pick<ClientGateway, 'url' | 'keyOf'>,
  request: Ask,
): Promise<ClientReply> {
  const body = JSON.stringify(request);
  const headers = { 'content-type': 'application/json', ...keyOf(client) };
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  const { data, errors = [] } = JSON.parse(text) as Pick<ClientReply, 'data'> &
    Partial<Pick<ClientReply, 'errors'>>;
  return { status: response.status, text, data, errors, leaks: leaksIn(response, { text, sent: body }) };
}

/** Hidden names in a response that what was sent does not contain. */
export function leaksIn(
  { headers }: Pick<Response, 'headers'>,
  { text, sent }: { readonly text: string; readonly sent: string },
): string[] {
  const received = `${JSON.stringify([...headers])} ${text}`;
  return [...new Set(received.match(/\w+_Hid\b/g))].filter((name) => !sent.includes(name));
}
