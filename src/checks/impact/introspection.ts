/** Whether introspection answers the same under two schemas. The order of definitions means nothing and counts as nothing. */

import {
  executeSync,
  getIntrospectionQuery,
  lexicographicSortSchema,
  parse,
  type GraphQLSchema,
} from 'graphql';

const everything = parse(
  getIntrospectionQuery({
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  }),
);

export function introspectionDiffers(base: GraphQLSchema, head: GraphQLSchema): boolean {
  return base !== head && introspectionText(base) !== introspectionText(head);
}

/** With errors, as defaults of custom scalars that are objects cannot be printed. */
function introspectionText(schema: GraphQLSchema): string {
  return JSON.stringify(executeSync({ schema: lexicographicSortSchema(schema), document: everything }));
}
