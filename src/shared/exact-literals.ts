/** Reads values of GraphQL literals without losing digits of numbers. */

import { isScalarType, isSpecifiedScalarType, Kind, type GraphQLSchema, type ValueNode } from 'graphql';

import { numberOf, type Exactness } from './exact-number.ts';

/** Like `valueFromASTUntyped` of graphql-js: enum values become strings. */
export function exactValue(
  node: ValueNode,
  exactness: Exactness,
  variables?: Readonly<Record<string, unknown>> | null,
): unknown {
  switch (node.kind) {
    case Kind.NULL:
      return null;
    case Kind.INT:
    case Kind.FLOAT:
      return numberOf(node.value, exactness);
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
    case Kind.LIST:
      return node.values.map((item) => exactValue(item, exactness, variables));
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map(({ name, value }) => [name.value, exactValue(value, exactness, variables)]),
      );
    case Kind.VARIABLE:
      return variables?.[node.name.value];
  }
}

/**
 * Makes the custom scalars of a schema keep the digits of numbers in literals.
 *
 * @param isOwn Whether the scalar of this name has a `parseLiteral` of its own.
 */
export function keepDigitsOfLiterals(
  schema: GraphQLSchema,
  exactness: Exactness,
  isOwn: (name: string) => boolean = () => false,
): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isScalarType(type) || isSpecifiedScalarType(type) || isOwn(type.name)) continue;
    type.parseLiteral = (node, variables) => exactValue(node, exactness, variables);
  }
}
