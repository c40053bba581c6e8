/**
 * The monolith without what a contract hides: elements are removed from its SDL, and graphql-js executes the rest over the
 * same rows. A row of a type that is removed has an unknown type, so it becomes null with an error.
 */
import {
  getNullableType,
  isInputObjectType,
  isListType,
  isObjectType,
  parse,
  print,
  visit,
  type ASTNode,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';

import type { HiddenElements } from '../../../src/preparation/contract/reasons.ts';
import type { Fixture, Part, ResolverMap } from '../fixtures/fixture.ts';
import { runnerOf } from '../oracle/compose.ts';
import { monolithSchema, type Oracle } from '../oracle/monolith.ts';

export function openFilteredMonolith(
  { monolith }: Pick<Fixture, 'monolith'>,
  hidden: HiddenElements,
): Oracle & { readonly schema: GraphQLSchema } {
  const schema = monolithSchema(filteredPart(monolith, hidden));
  giveHiddenDefaults(schema, monolithSchema(monolith));
  const run = runnerOf(schema);
  return {
    schema,
    run: ({ query, variables = {}, operationName }) => run(query, variables, operationName),
    close: () => Promise.resolve(),
  };
}

function filteredPart({ typeDefs, resolvers }: Part, hidden: HiddenElements): Part {
  return { typeDefs: filteredSdl(typeDefs, hidden), resolvers: filteredResolvers(resolvers, hidden) };
}

function filteredResolvers(resolvers: ResolverMap, hidden: HiddenElements): ResolverMap {
  return Object.fromEntries(
    Object.entries(resolvers)
      .filter(([type]) => !hidden.has(type))
      .map(([type, fields]) => [
        type,
        Object.fromEntries(Object.entries(fields).filter(([field]) => !hidden.has(`${type}.${field}`))),
      ]),
  );
}

type Named = ASTNode & { readonly name: { readonly value: string } };

function filteredSdl(sdl: string, hidden: HiddenElements): string {
  // Coordinates of the definitions that are around the node.
  const around: string[] = [];
  const definition = (coordinateOf: (name: string, owner: string) => string) => ({
    enter: ({ name }: Named): null | undefined => {
      const coordinate = coordinateOf(name.value, around.at(-1) ?? '');
      if (hidden.has(coordinate)) return null;
      around.push(coordinate);
      return undefined;
    },
    leave: (): void => void around.pop(),
  });
  const type = definition((name) => name);
  const member = definition((name, owner) => `${owner}.${name}`);
  const document = visit(parse(sdl), {
    DirectiveDefinition: () => false,
    OperationTypeDefinition: (node) => (hidden.has(node.type.name.value) ? null : false),
    ObjectTypeDefinition: type,
    InterfaceTypeDefinition: type,
    UnionTypeDefinition: type,
    EnumTypeDefinition: type,
    InputObjectTypeDefinition: type,
    ScalarTypeDefinition: type,
    FieldDefinition: member,
    EnumValueDefinition: member,
    InputValueDefinition: definition((name, owner) =>
      owner.includes('.') ? `${owner}(${name}:)` : `${owner}.${name}`,
    ),
    // Of an interface, or a member of a union: what has a hidden type otherwise is hidden itself.
    NamedType: ({ name }) => (hidden.has(name.value) ? null : undefined),
  });
  return print(document);
}

/** Hidden arguments and input fields have their default value: the service that resolves the field does not know of clients. */
function giveHiddenDefaults(filtered: GraphQLSchema, whole: GraphQLSchema): void {
  for (const type of Object.values(filtered.getTypeMap())) {
    const wholeType = whole.getType(type.name);
    if (!isObjectType(type) || !isObjectType(wholeType)) continue;
    for (const field of Object.values(type.getFields())) {
      const args = wholeType.getFields()[field.name]?.args ?? [];
      const { resolve } = field;
      if (!resolve || args.length === 0) continue;
      // oxlint-disable-next-line max-params -- a resolver of graphql-js
      field.resolve = (parent, given, context, info) =>
        resolve(parent, withDefaults(given, args), context, info) as unknown;
    }
  }
}

type Inputs = ReadonlyArray<GraphQLArgument | GraphQLInputField>;

function withDefaults(given: Readonly<Record<string, unknown>>, inputs: Inputs): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, type, defaultValue } of inputs) {
    if (Object.hasOwn(given, name)) values[name] = completed(given[name], type);
    else if (defaultValue !== undefined) values[name] = defaultValue;
  }
  return values;
}

function completed(value: unknown, declared: GraphQLInputType): unknown {
  const type = getNullableType(declared);
  if (isListType(type))
    return Array.isArray(value) ? value.map((item) => completed(item, type.ofType)) : value;
  if (!isInputObjectType(type) || typeof value !== 'object' || value === null) return value;
  return withDefaults(value as Record<string, unknown>, Object.values(type.getFields()));
}
