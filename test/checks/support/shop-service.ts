/** A subgraph of the shop with data of its own, over HTTP, which counts its calls. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, parse } from 'graphql';
import { onTestFinished } from 'vitest';

export interface ShopService {
  readonly url: string;
  /** Operations that came, without those that ask for its schema. */
  readonly operations: readonly string[];
}

type SchemaModule = Extract<Parameters<typeof buildSubgraphSchema>[0], readonly unknown[]>[number];
type Resolvers = NonNullable<Extract<SchemaModule, { readonly typeDefs: unknown }>['resolvers']>;

/** Of one test. */
export async function shopService(sdl: string, resolvers: Resolvers): Promise<ShopService> {
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers }]);
  const operations: string[] = [];
  const server = createServer(async (request, response) => {
    const { query, variables } = JSON.parse(await text(request)) as {
      query: string;
      variables?: Record<string, unknown>;
    };
    if (!query.includes('_service')) operations.push(query);
    const result = await graphql({ schema, source: query, variableValues: variables ?? null });
    response.setHeader('content-type', 'application/json').end(JSON.stringify(result));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/graphql`, operations };
}
