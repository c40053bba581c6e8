/** Elements of a schema by coordinate. */

import type { GraphQLSchema } from 'graphql';

export interface SchemaElement {
  /** Null: it is not deprecated. */
  readonly deprecationReason: string | null;
}

/** @param coordinate Of a type, or of a member of one, with or without an argument. @returns Null: there is none. */
export function elementAt(schema: GraphQLSchema, coordinate: string): SchemaElement | null {
  const [, typeName = '', member, argument] = /^(\w+)(?:\.(\w+))?(?:\((\w+):\))?$/.exec(coordinate) ?? [];
  const type = schema.getType(typeName);
  if (!type) return null;
  if (member === undefined) return { deprecationReason: null };
  if ('getValues' in type) return elementOf(type.getValues().find(({ name }) => name === member));
  if (!('getFields' in type)) return null;
  const field = Object.hasOwn(type.getFields(), member) ? type.getFields()[member] : undefined;
  if (!field || argument === undefined) return elementOf(field);
  return 'args' in field ? elementOf(field.args.find(({ name }) => name === argument)) : null;
}

function elementOf(
  definition: { readonly deprecationReason?: string | null | undefined } | undefined,
): SchemaElement | null {
  return definition ? { deprecationReason: definition.deprecationReason ?? null } : null;
}
