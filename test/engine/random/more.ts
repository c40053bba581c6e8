/** Services that answer more than they were asked: fields of other services, at the root and in entities. */

import { isObjectType, type GraphQLSchema } from 'graphql';

import type { Subgraph } from '../../../src/sources/source.ts';
import { isRecord } from '../../../src/shared/records.ts';

/** @returns What adds every field of `schema` that a fetch does not name. */
export function answersMore(schema: GraphQLSchema): (service: string, subgraph: Subgraph) => Subgraph {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  const names = new Set(types.flatMap((type) => Object.keys(type.getFields())));
  const add = (object: unknown, query: string): void => {
    if (!isRecord(object)) return;
    for (const name of names) if (!query.includes(name)) object[name] = { unasked: true };
  };
  return (_service, subgraph) => ({
    ...subgraph,
    async fetch(request) {
      const answer = await subgraph.fetch(request);
      if (!isRecord(answer.data)) return answer;
      const { query } = request.operation;
      if (query.includes('_entities(')) {
        for (const entities of Object.values(answer.data))
          if (Array.isArray(entities)) for (const entity of entities) add(entity, query);
      }
      add(answer.data, query);
      return answer;
    },
  });
}
