/** The oracle that cannot be wrong about GraphQL: graphql-js over one plain schema with a fixture's data. */
import { buildSchema, isObjectType, type GraphQLSchema } from 'graphql';

import type { Fixture, Part } from '../fixtures/fixture.ts';
import { runnerOf, type Answer } from './compose.ts';

export interface Oracle {
  run(operation: {
    readonly query: string;
    readonly variables?: Readonly<Record<string, unknown>>;
    readonly operationName?: string;
  }): Promise<Answer>;
  close(): Promise<void>;
}

export function openMonolith(fixture: Fixture): Oracle & { readonly schema: GraphQLSchema } {
  const schema = monolithSchema(fixture.monolith);
  const run = runnerOf(schema);
  return {
    schema,
    run: ({ query, variables = {}, operationName }) => run(query, variables, operationName),
    close: () => Promise.resolve(),
  };
}

/** @throws {Error} When a resolver names a type or field that the SDL lacks. */
export function monolithSchema(part: Part): GraphQLSchema {
  const schema = buildSchema(part.typeDefs);
  for (const [typeName, fields] of Object.entries(part.resolvers)) {
    const type = schema.getType(typeName);
    if (!isObjectType(type)) throw new Error(`Resolvers for "${typeName}", which is not an object type`);
    for (const [fieldName, resolve] of Object.entries(fields)) {
      const field = type.getFields()[fieldName];
      if (!field) throw new Error(`Resolver for "${typeName}.${fieldName}", which the schema lacks`);
      field.resolve = resolve;
    }
  }
  return schema;
}
