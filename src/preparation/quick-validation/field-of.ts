import { isUnionType, TypeNameMetaFieldDef, type GraphQLCompositeType, type GraphQLField } from 'graphql';

/** Without `__schema` and `__type`. */
export function fieldOf(
  parent: GraphQLCompositeType,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  if (name === '__typename') return TypeNameMetaFieldDef;
  return isUnionType(parent) ? undefined : parent.getFields()[name];
}
