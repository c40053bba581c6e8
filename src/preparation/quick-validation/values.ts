/** Whether a value fits its place, where that takes no more than a look: no custom scalars, no `@oneOf`. */

import {
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  isSpecifiedScalarType,
  Kind,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLNamedInputType,
  type ObjectValueNode,
  type ValueNode,
} from 'graphql';

/** @returns Undefined: it is not declared. */
type VariableType = (name: string) => GraphQLInputType | undefined;

/** False: it may fit nevertheless. */
export function isSurelyOfType(value: ValueNode, type: GraphQLInputType, typeOf: VariableType): boolean {
  if (value.kind === Kind.VARIABLE) {
    const declared = typeOf(value.name.value);
    return declared !== undefined && isAllowed(declared, type);
  }
  if (isNonNullType(type)) return value.kind !== Kind.NULL && isSurelyOfType(value, type.ofType, typeOf);
  if (value.kind === Kind.NULL) return true;
  if (isListType(type)) {
    const items = value.kind === Kind.LIST ? value.values : [value];
    return items.every((item) => isSurelyOfType(item, type.ofType, typeOf));
  }
  if (isInputObjectType(type)) return value.kind === Kind.OBJECT && isSurelyObject(value, type, typeOf);
  return isLeaf(value, type);
}

/** Without regard to defaults, which allow more. */
function isAllowed(declared: GraphQLInputType, place: GraphQLInputType): boolean {
  if (declared === place) return true;
  if (isNonNullType(declared)) {
    return isAllowed(declared.ofType, isNonNullType(place) ? place.ofType : place);
  }
  if (isListType(declared)) return isListType(place) && isAllowed(declared.ofType, place.ofType);
  return false;
}

function isSurelyObject(
  { fields }: ObjectValueNode,
  type: GraphQLInputObjectType,
  typeOf: VariableType,
): boolean {
  if (type.isOneOf) return false;
  const declared = type.getFields();
  const names = new Set<string>();
  for (const { name, value } of fields) {
    const field = declared[name.value];
    if (!field || names.has(field.name) || !isSurelyOfType(value, field.type, typeOf)) return false;
    names.add(field.name);
  }
  return Object.values(declared).every((field) => names.has(field.name) || !isRequiredInputField(field));
}

/** Longer ones may not be a number of their type. */
const digitsMax = 9;

function isLeaf(value: ValueNode, type: GraphQLNamedInputType): boolean {
  if (isEnumType(type)) return value.kind === Kind.ENUM && type.getValue(value.value) !== undefined;
  if (!isSpecifiedScalarType(type)) return false;
  switch (value.kind) {
    case Kind.INT:
      return value.value.length <= digitsMax && ['Int', 'Float', 'ID'].includes(type.name);
    case Kind.STRING:
      return type.name === 'String' || type.name === 'ID';
    case Kind.BOOLEAN:
      return type.name === 'Boolean';
    default:
      return false;
  }
}
