/** What two schemas of one subgraph have that the other one has not: definitions of fields, arguments, values and members. */

import { Kind, parse, print, type DefinitionNode, type FieldDefinitionNode } from 'graphql';

export interface SdlDifferences {
  /** Such as `Product.price: Int`, sorted. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** @throws {GraphQLError} For text that is no schema. */
export function sdlDifferences(before: string, after: string): SdlDifferences {
  const [old, current] = [elementsOf(before), elementsOf(after)];
  return {
    added: [...current].filter((element) => !old.has(element)).toSorted(),
    removed: [...old].filter((element) => !current.has(element)).toSorted(),
  };
}

function elementsOf(sdl: string): ReadonlySet<string> {
  return new Set(parse(sdl, { noLocation: true }).definitions.flatMap(elements));
}

/** Without the machinery of federation, which servers add: scalars, directives and names with underscores. */
function elements(definition: DefinitionNode): readonly string[] {
  const name = 'name' in definition && definition.name ? definition.name.value : '_';
  if (name.startsWith('_') || name.includes('__')) return [];
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.OBJECT_TYPE_EXTENSION:
    case Kind.INTERFACE_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_EXTENSION:
      return (definition.fields ?? []).flatMap((field) => fieldElements(name, field));
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
    case Kind.INPUT_OBJECT_TYPE_EXTENSION:
      return (definition.fields ?? []).map((field) => `${name}.${field.name.value}: ${print(field.type)}`);
    case Kind.ENUM_TYPE_DEFINITION:
    case Kind.ENUM_TYPE_EXTENSION:
      return (definition.values ?? []).map((value) => `${name}.${value.name.value}`);
    case Kind.UNION_TYPE_DEFINITION:
    case Kind.UNION_TYPE_EXTENSION:
      return (definition.types ?? []).map((type) => `${name} = ${type.name.value}`);
    default:
      return [];
  }
}

function fieldElements(owner: string, { name, type, arguments: args = [] }: FieldDefinitionNode): string[] {
  if (name.value.startsWith('_')) return [];
  const coordinate = `${owner}.${name.value}`;
  return [
    `${coordinate}: ${print(type)}`,
    ...args.map((argument) => `${coordinate}(${argument.name.value}:): ${print(argument.type)}`),
  ];
}
