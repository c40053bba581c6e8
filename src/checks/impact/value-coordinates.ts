/** Which arguments, input fields and enum values of the base an operation names in its document. */

import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  type ArgumentNode,
  type GraphQLArgument,
  type GraphQLInputType,
  type ValueNode,
} from 'graphql';

export interface PassedArguments {
  /** Such as `Query.products`. */
  readonly owner: string;
  readonly definitions: readonly GraphQLArgument[];
  readonly nodes: readonly ArgumentNode[];
}

export function addArgumentCoordinates(
  { owner, definitions, nodes }: PassedArguments,
  to: Set<string>,
): void {
  for (const { name, value } of nodes) {
    const definition = definitions.find((argument) => argument.name === name.value);
    if (!definition) continue;
    to.add(`${owner}(${definition.name}:)`);
    addValueCoordinates(value, definition.type, to);
  }
}

export function addValueCoordinates(value: ValueNode, type: GraphQLInputType, to: Set<string>): void {
  const named = getNamedType(type);
  to.add(named.name);
  if (value.kind === Kind.LIST) {
    const itemType = itemTypeOf(type);
    for (const item of value.values) addValueCoordinates(item, itemType, to);
  } else if (value.kind === Kind.ENUM && isEnumType(named) && named.getValue(value.value)) {
    to.add(`${named.name}.${value.value}`);
  } else if (value.kind === Kind.OBJECT && isInputObjectType(named)) {
    const fields = named.getFields();
    for (const node of value.fields) {
      const field = fields[node.name.value];
      if (!field) continue;
      to.add(`${named.name}.${field.name}`);
      addValueCoordinates(node.value, field.type, to);
    }
  }
}

function itemTypeOf(type: GraphQLInputType): GraphQLInputType {
  const nullable: GraphQLInputType = isNonNullType(type) ? type.ofType : type;
  return isListType(nullable) ? nullable.ofType : nullable;
}
