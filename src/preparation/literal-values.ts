/** The values of literals in a valid document and of defaults in a schema, with all digits of their numbers. */

import {
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isSpecifiedScalarType,
  Kind,
  type ConstValueNode,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLLeafType,
} from 'graphql';

import { exactValue } from '../shared/exact-literals.ts';
import { recordOf } from '../shared/records.ts';

/** As `valueFromAST` of graphql-js, for values that are valid. */
export function literalValue(node: ConstValueNode, type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return literalValue(node, type.ofType);
  if (node.kind === Kind.NULL) return null;
  if (isListType(type)) {
    const items = node.kind === Kind.LIST ? node.values : [node];
    return items.map((item) => literalValue(item, type.ofType));
  }
  if (!isInputObjectType(type)) return leafValue(node, type);
  const valuesByName = new Map(
    node.kind === Kind.OBJECT ? node.fields.map(({ name, value }) => [name.value, value]) : [],
  );
  return recordOf(
    Object.values(type.getFields()).flatMap((field): Array<[string, unknown]> => {
      const value = valuesByName.get(field.name);
      if (value) return [[field.name, literalValue(value, field.type)]];
      const defaultValue = defaultValueOf(field);
      return defaultValue === undefined ? [] : [[field.name, defaultValue]];
    }),
  );
}

function leafValue(node: ConstValueNode, type: GraphQLLeafType): unknown {
  const isText = type.name === 'ID' && node.kind === Kind.INT;
  if (isText || (isEnumType(type) && node.kind === Kind.ENUM)) return node.value;
  return exactValue(node, isSpecifiedScalarType(type) && type.name === 'Int' ? 'value' : 'digits');
}

/** Of an argument or an input field; undefined: it has none. */
export function defaultValueOf({
  defaultValue,
  astNode,
  type,
}: GraphQLArgument | GraphQLInputField): unknown {
  return astNode?.defaultValue ? literalValue(astNode.defaultValue, type) : defaultValue;
}
