/** A small graph with something guarded in every way there is, on real sockets. Guarded values say so. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { type DocumentNode, execute, type GraphQLSchema, parse, validate } from 'graphql';

type Resolvers = NonNullable<
  Exclude<Parameters<typeof buildSubgraphSchema>[0], readonly unknown[]> extends infer Module
    ? Extract<Module, { resolvers?: unknown }>['resolvers']
    : never
>;
type Row = Readonly<Record<string, unknown>>;

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external",
  "@requires", "@interfaceObject", "@requiresScopes", "@policy", { name: "@authenticated", as: "@signedIn" }])\n`;

const rows: readonly Row[] = [
  {
    __typename: 'Book',
    id: 'm1',
    title: 'Dune',
    cost: 'canary cost',
    shelf: 'canary shelf',
    isbn: 'canary isbn',
  },
  {
    __typename: 'Movie',
    id: 'm2',
    title: 'Alien',
    budget: 'canary budget',
    note: 'canary note',
    phone: 'canary phone',
  },
  { __typename: 'Account', id: 'a1', owner: 'canary owner' },
];
const media = rows.slice(0, 2);
const byId = ({ id }: Row): Row | undefined => rows.find((row) => row.id === id);

const subgraphs = {
  catalog: {
    sdl: `${link}
      type Query {
        media: [Medium!]!
        books: [Book!]!
        movies: [Movie!]!
        anything: [Anything]!
        me: Account
        secret: String @requiresScopes(scopes: [["secrets", "read"], ["root"]])
      }
      interface Medium @key(fields: "id") { id: ID! title: String }
      type Book implements Medium @key(fields: "id") {
        id: ID! title: String cost: String @signedIn isbn: Isbn shelf: String similar: [Medium!]
        kin(first: Int = 2): [Medium!]
      }
      type Movie implements Medium @key(fields: "id") {
        id: ID! title: String budget: String @policy(policies: [["finance"]]) note: String phone: String kin(first: Int = 2): [Medium!]
      }
      type Account @requiresScopes(scopes: [["accounts"]]) { id: ID! owner: String }
      union Anything = Book | Movie | Account
      scalar Isbn @signedIn`,
    resolvers: {
      Query: {
        media: () => media,
        books: () => rows.slice(0, 1),
        movies: () => rows.slice(1, 2),
        anything: () => rows,
        me: () => rows[2],
        secret: () => 'canary secret',
      },
      Medium: { __resolveReference: byId },
      Book: { __resolveReference: byId, similar: () => media, kin: () => media },
      Movie: { __resolveReference: byId, kin: () => media },
    },
  },
  ratings: {
    sdl: `${link}
      type Query { top: [Medium!]! }
      type Medium @key(fields: "id") @interfaceObject {
        id: ID! score: String @requiresScopes(scopes: [["scores"]])
      }`,
    resolvers: {
      Query: { top: () => media.map(({ id }) => ({ id })) },
      Medium: { __resolveReference: ({ id }: Row) => ({ id }), score: () => 'canary score' },
    },
  },
  sales: {
    sdl: `${link}
      type Book @key(fields: "id") {
        id: ID! cost: String @external margin: String @requires(fields: "cost") @signedIn
      }`,
    resolvers: {
      Book: {
        __resolveReference: (reference: Row) => reference,
        margin: ({ cost }: Row) => `margin of ${String(cost)}`,
      },
    },
  },
};

/** The rules of the policy, in a module that needs nothing. */
export const policyModule = `
  export function policy({ rule, allow, masked }) {
    const never = rule('never', { cache: 'contextual' })(() => false);
    const staff = rule('is staff', { cache: 'contextual' })((_, __, { principal }) => principal.roles.includes('staff'));
    const notThis = rule('not this', { cache: 'strict', fragment: '{ id }' })(({ id }) => id === 'other');
    return {
      fallbackRule: allow,
      permissions: { Book: { shelf: never }, Movie: { note: notThis, phone: masked(staff, (text) => text.slice(-1)) } },
      policies: { finance: ({ principal }) => principal.roles.includes('finance') },
    };
  }
`;

export interface GuardedGraph {
  readonly supergraphSdl: string;
  /** Requests to any subgraph so far. */
  readonly calls: number;
  close(): void;
}

export interface ServedSubgraph {
  readonly sdl: string;
  readonly resolvers: Readonly<Record<string, unknown>>;
}

export function serveGuardedGraph(): Promise<GuardedGraph> {
  // Composition insists on it; other compositions do not, and it must not matter.
  return serveGraph(subgraphs, (sdl) => sdl.replace(/(margin: String[^\n]*) @signedIn/, '$1'));
}

/** @param edit Changes what composition made. */
export async function serveGraph(
  served: Readonly<Record<string, ServedSubgraph>>,
  edit: (sdl: string) => string = (sdl) => sdl,
): Promise<GuardedGraph> {
  const { services, supergraphSdl } = composed(served);
  let calls = 0;
  let sdl = supergraphSdl;
  const servers: Server[] = [];
  for (const { placeholder, answer } of services) {
    const server = createServer((request, response) => {
      calls += 1;
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { query, variables } = JSON.parse(body) as { query: string; variables?: Row };
        void answer(query, variables ?? {}).then((result) =>
          response.setHeader('content-type', 'application/json').end(JSON.stringify(result)),
        );
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    sdl = sdl.replaceAll(placeholder, `http://127.0.0.1:${port}/`);
  }
  return {
    supergraphSdl: edit(sdl),
    get calls() {
      return calls;
    },
    close: () => servers.forEach((server) => server.closeAllConnections() ?? server.close()),
  };
}

interface Composed {
  /** With placeholders for the addresses of its services. */
  readonly supergraphSdl: string;
  readonly services: ReadonlyArray<{
    readonly placeholder: string;
    readonly answer: (query: string, variables: Row) => Promise<unknown>;
  }>;
}

const known = new WeakMap<object, Composed>();

/** Tests start the same graph again and again. */
function composed(served: Readonly<Record<string, ServedSubgraph>>): Composed {
  const before = known.get(served);
  if (before) return before;
  const all = Object.entries(served).map(([name, { sdl, resolvers }]) => {
    const typeDefs = parse(sdl);
    const schema = buildSubgraphSchema([{ typeDefs, resolvers: resolvers as Resolvers }]);
    return { name, url: `http://${name}.invalid/`, typeDefs, schema };
  });
  const { supergraphSdl, errors } = composeServices(
    all.map(({ name, url, typeDefs }) => ({ name, url, typeDefs })),
  );
  if (supergraphSdl === undefined) throw new Error(errors?.map(({ message }) => message).join('\n'));
  const services = all.map(({ url, schema }) => ({ placeholder: url, answer: answering(schema) }));
  const result = { supergraphSdl, services };
  known.set(served, result);
  return result;
}

/** As `graphql` of graphql-js, which would parse and validate what is sent often each time. */
function answering(schema: GraphQLSchema): (query: string, variables: Row) => Promise<unknown> {
  const documents = new Map<string, DocumentNode>();
  return async (query, variables) => {
    const document = documents.get(query) ?? parse(query);
    if (!documents.has(query)) {
      const errors = validate(schema, document);
      if (errors.length > 0) return { errors };
      documents.set(query, document);
    }
    return execute({ schema, document, variableValues: variables });
  };
}
