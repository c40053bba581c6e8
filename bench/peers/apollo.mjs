/**
 * Stock Apollo: `@apollo/gateway` behind `@apollo/server` as its standalone server. Plain JavaScript: its packages
 * are installed apart, where the project's type checker does not look.
 *
 * With BENCH_MEMBERS_URL, subgraphs at `local:` addresses run in this process over that REST service.
 */

import { readFileSync } from 'node:fs';

import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';

import { accountsInProcess } from './apollo-local.mjs';

const [supergraphPath, port] = process.argv.slice(2);
const membersUrl = process.env.BENCH_MEMBERS_URL;

const gateway = new ApolloGateway({
  supergraphSdl: readFileSync(supergraphPath, 'utf8'),
  buildService: ({ url }) =>
    url.startsWith('local:') ? accountsInProcess(membersUrl) : new RemoteGraphQLDataSource({ url }),
});
const server = new ApolloServer({ gateway, introspection: false, csrfPrevention: true });
await startStandaloneServer(server, {
  listen: { host: '127.0.0.1', port: Number(port) },
  // Loaders live as long as the request.
  context: async () => ({ loaders: new Map() }),
});
process.once('SIGTERM', () => process.exit(0));
