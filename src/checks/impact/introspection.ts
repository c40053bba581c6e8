/** Whether introspection answers the same under two schemas. The order of definitions means nothing and counts as nothing. */

import { lexicographicSortSchema, type GraphQLSchema } from 'graphql';

import { introspectSchema } from '../../shared/schema-text.ts';

export function introspectionDiffers(base: GraphQLSchema, head: GraphQLSchema): boolean {
  return base !== head && introspectionText(base) !== introspectionText(head);
}

function introspectionText(schema: GraphQLSchema): string {
  return JSON.stringify(introspectSchema(lexicographicSortSchema(schema)));
}
