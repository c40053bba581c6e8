/**
 * Preserves the digits of default values in a schema. Composition and the planner convert defaults to JavaScript values,
 * as the planner does with literals (see planner-fixes/literals.ts).
 */

import {
  Kind,
  parse,
  print,
  type ConstValueNode,
  type DocumentNode,
  type GraphQLSchema,
  type InputValueDefinitionNode,
} from 'graphql';

import { hasChangingNumber, inputsOf, mapInputValues } from '../../shared/schema-text.ts';

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
  if (written.size === 0) return;
  for (const [coordinate, input] of inputsOf(schema)) {
    const defaultValue = written.get(coordinate);
    if (defaultValue && input.astNode) input.astNode = { ...input.astNode, defaultValue };
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
