/** The accounts subgraph in the process of stock Apollo: graphql-js and DataLoader over the REST service. */

import { readFileSync } from 'node:fs';

import { buildSubgraphSchema } from '@apollo/subgraph';
import DataLoader from 'dataloader';
import { execute, parse } from 'graphql';
import { Pool } from 'undici';

const sdl = readFileSync(new URL('../schemas/accounts.graphql', import.meta.url), 'utf8');

/** @returns A data source of `@apollo/gateway`. */
export function accountsInProcess(membersUrl) {
  const pool = new Pool(membersUrl, { connections: 64 });
  const documents = new Map();

  async function get(path) {
    const { body } = await pool.request({ method: 'GET', path });
    return body.json();
  }

  function memberLoader({ loaders }) {
    let loader = loaders.get('members');
    if (!loader) {
      loader = new DataLoader(async (ids) => {
        const rows = await get(`/members?ids=${ids.join(',')}`);
        const byId = new Map(rows.map((row) => [row.id, row]));
        return ids.map((id) => byId.get(id) ?? null);
      });
      loaders.set('members', loader);
    }
    return loader;
  }

  const resolvers = {
    Query: {
      members: (_parent, { first }) => get(`/members?first=${first}`),
      member: (_parent, { id }, context) => memberLoader(context).load(id),
    },
    Member: { __resolveReference: ({ id }, context) => memberLoader(context).load(id) },
  };
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers }]);

  return {
    process({ request, context }) {
      let document = documents.get(request.query);
      if (!document) {
        document = parse(request.query);
        documents.set(request.query, document);
      }
      return execute({ schema, document, variableValues: request.variables, contextValue: context });
    },
  };
}
