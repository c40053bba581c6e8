/** What the default value of an argument or input field names of the schema. */

import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  valueFromASTUntyped,
  type GraphQLArgument,
  type GraphQLEnumType,
  type GraphQLInputField,
  type GraphQLInputType,
} from 'graphql';

/** Coordinates of enum values and input fields; as it is written, without defaults of the fields it leaves out. */
export function namesInDefault({
  astNode,
  defaultValue,
  type,
}: GraphQLArgument | GraphQLInputField): string[] {
  const value: unknown = astNode?.defaultValue ? valueFromASTUntyped(astNode.defaultValue) : defaultValue;
  return value === undefined ? [] : [...namesIn(value, type)];
}

function* namesIn(value: unknown, type: GraphQLInputType): Generator<string> {
  const named = getNamedType(type);
  if (Array.isArray(value)) {
    for (const item of value) yield* namesIn(item, named);
  } else if (isEnumType(named)) {
    const name = enumValueName(value, named);
    if (name !== undefined) yield `${named.name}.${name}`;
  } else if (isInputObjectType(named) && typeof value === 'object' && value !== null) {
    const fields = new Map(Object.entries(named.getFields()));
    for (const [name, fieldValue] of Object.entries(value)) {
      const field = fields.get(name);
      if (!field) continue;
      yield `${named.name}.${name}`;
      yield* namesIn(fieldValue, field.type);
    }
  }
}

/** @param value Its name in a document, or what stands for it in JavaScript. */
function enumValueName(value: unknown, type: GraphQLEnumType): string | undefined {
  const values = type.getValues();
  return (values.find(({ name }) => name === value) ?? values.find((known) => known.value === value))?.name;
}
