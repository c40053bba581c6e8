/**
 * Of input types and enums for input, a graph has what all subgraphs define. A default value that uses more is
 * refused by the composer, which says neither what is missing nor where.
 */

import { Kind, type ConstValueNode, type TypeNode } from 'graphql';

import { placeOf, type ParsedSubgraph, type Place } from './notes.ts';
import type { Definition, SchemaIndex } from './schema-index.ts';

export interface Dropped {
  /** Sentences. */
  readonly reasons: readonly string[];
  /** Of what is dropped, and of the types that lack it. */
  readonly places: readonly Place[];
}

/** @param coordinate Of an argument or an input field, perhaps one without a default value. */
export function droppedFromDefault(coordinate: string | undefined, index: SchemaIndex): Dropped {
  const reasons = new Set<string>();
  const places: Place[] = [];
  const visit = (value: ConstValueNode, typeName: string): void => {
    if (value.kind === Kind.LIST) for (const element of value.values) visit(element, typeName);
    if (value.kind === Kind.ENUM) look(typeName, value.value);
    if (value.kind !== Kind.OBJECT) return;
    for (const field of value.fields) {
      const [definition] = look(typeName, field.name.value);
      if (definition && 'type' in definition.node && definition.node.type)
        visit(field.value, nameOf(definition.node.type as TypeNode));
    }
  };
  const look = (typeName: string, member: string): readonly Definition[] => {
    const dropped = `${typeName}.${member}`;
    const having = index.definitionsOf(dropped);
    const lacking = subgraphsOf(index.definitionsOf(typeName)).filter(
      (subgraph) => !having.some((definition) => definition.subgraph === subgraph),
    );
    if (having.length > 0 && lacking.length > 0) {
      const names = lacking.map(({ name }) => `"${name}"`).join(', ');
      reasons.add(
        `"${dropped}" is not part of the graph, because it is not defined in subgraph${lacking.length === 1 ? '' : 's'} ${names}: add it there, or leave it out of the default value.`,
      );
      const types = index.definitionsOf(typeName).filter(({ subgraph }) => lacking.includes(subgraph));
      places.push(...[...having, ...types].flatMap(({ subgraph, node }) => placeOf(subgraph, node)));
    }
    return having;
  };
  for (const { node } of coordinate === undefined ? [] : index.definitionsOf(coordinate)) {
    if (node.kind === Kind.INPUT_VALUE_DEFINITION && node.defaultValue)
      visit(node.defaultValue, nameOf(node.type));
  }
  return { reasons: [...reasons], places };
}

function subgraphsOf(definitions: readonly Definition[]): ParsedSubgraph[] {
  return [...new Set(definitions.map(({ subgraph }) => subgraph))];
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type);
}
