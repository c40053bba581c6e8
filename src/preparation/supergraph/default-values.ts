/**
 * Preserves the digits of default values in a schema. Composition and the planner convert defaults to JavaScript values,
 * as the planner does with literals (see planner-fixes/literals.ts).
 */

import {
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  print,
  visit,
  type ConstValueNode,
  type DocumentNode,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLSchema,
  type InputValueDefinitionNode,
} from 'graphql';

import { numberOf } from '../../shared/exact-number.ts';

/** Defaults with numbers that JavaScript prints differently, by coordinate: `Filter.price`, `Query.products.first`. */
type Defaults = ReadonlyMap<string, ConstValueNode>;

/** The supergraph with the defaults as written in its subgraphs. */
export function withWrittenDefaults(supergraphSdl: string, subgraphs: readonly DocumentNode[]): string {
  const written = new Map(subgraphs.flatMap((document) => [...defaultsIn(document)]));
  if (written.size === 0) return supergraphSdl;
  return print(
    mapInputValues(parse(supergraphSdl), (coordinate, definition) => {
      const defaultValue = written.get(coordinate);
      return defaultValue && definition.defaultValue ? { ...definition, defaultValue } : undefined;
    }),
  );
}

/** Sets the defaults in the schema of a supergraph to those written in its document. */
export function keepWrittenDefaults(schema: GraphQLSchema, document: DocumentNode): void {
  const written = defaultsIn(document);
  const keep = (element: GraphQLArgument | GraphQLInputField, coordinate: string): void => {
    const defaultValue = written.get(coordinate);
    if (defaultValue && element.astNode) element.astNode = { ...element.astNode, defaultValue };
  };
  if (written.size === 0) return;
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) keep(field, `${type.name}.${field.name}`);
    } else if (isObjectType(type) || isInterfaceType(type)) {
      for (const { name, args } of Object.values(type.getFields())) {
        for (const argument of args) keep(argument, `${type.name}.${name}.${argument.name}`);
      }
    }
  }
}

function defaultsIn(document: DocumentNode): Defaults {
  const defaults = new Map<string, ConstValueNode>();
  const add = (owner: string, { name, defaultValue }: InputValueDefinitionNode): void => {
    if (defaultValue && hasChangingNumber(defaultValue)) defaults.set(`${owner}.${name.value}`, defaultValue);
  };
  for (const node of document.definitions) {
    if (!('fields' in node)) continue;
    const type = node.name.value;
    for (const field of node.fields ?? []) {
      if (field.kind === Kind.INPUT_VALUE_DEFINITION) add(type, field);
      else for (const argument of field.arguments ?? []) add(`${type}.${field.name.value}`, argument);
    }
  }
  return defaults;
}

function hasChangingNumber(value: ConstValueNode): boolean {
  let defaults = false;
  const checkNumber = ({ value: text }: { readonly value: string }): void => {
    defaults ||= typeof numberOf(text, 'digits') !== 'number';
  };
  visit(value, { IntValue: checkNumber, FloatValue: checkNumber });
  return defaults;
}

function mapInputValues(
  document: DocumentNode,
  change: (coordinate: string, node: InputValueDefinitionNode) => InputValueDefinitionNode | undefined,
): DocumentNode {
  const names: string[] = [];
  const withName = {
    enter: ({ name }: { readonly name: { readonly value: string } }) => void names.push(name.value),
    leave: () => void names.pop(),
  };
  return visit(document, {
    ObjectTypeDefinition: withName,
    ObjectTypeExtension: withName,
    InterfaceTypeDefinition: withName,
    InterfaceTypeExtension: withName,
    InputObjectTypeDefinition: withName,
    InputObjectTypeExtension: withName,
    FieldDefinition: withName,
    DirectiveDefinition: () => false,
    InputValueDefinition: (node) => change([...names, node.name.value].join('.'), node),
  });
}
