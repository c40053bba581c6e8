/** Members of a client's types that are hidden from it: those that are left out of its lists. */

import { isAbstractType, isEnumType, type GraphQLEnumType, type GraphQLSchema } from 'graphql';

/** @param whole The schema of the whole graph. @returns Names of object types; undefined: none is hidden. */
export function hiddenTypesOf(
  typeName: string,
  schema: GraphQLSchema,
  whole: GraphQLSchema,
): string[] | undefined {
  const type = whole.getType(typeName);
  if (!type || !isAbstractType(type)) return undefined;
  const hidden = whole.getPossibleTypes(type).filter(({ name }) => !schema.getType(name));
  return hidden.length > 0 ? hidden.map(({ name }) => name) : undefined;
}

/** @param whole The schema of the whole graph. @returns undefined: none is hidden. */
export function hiddenValuesOf(type: GraphQLEnumType, whole: GraphQLSchema): string[] | undefined {
  const wholeType = whole.getType(type.name);
  if (!wholeType || !isEnumType(wholeType)) return undefined;
  const hidden = wholeType.getValues().filter(({ name }) => !type.getValue(name));
  return hidden.length > 0 ? hidden.map(({ name }) => name) : undefined;
}
