/**
 * For input types and input enums, a graph has only the members that all subgraphs define. The composer refuses a default
 * value with other members, without saying which member is missing where.
 */

import { Kind, type ConstValueNode, type TypeNode } from 'graphql';

import { locationsOf, type ParsedSubgraph, type SourceLocation } from './notes.ts';
import type { Definition, SchemaIndex } from './schema-index.ts';

export interface Dropped {
  /** Sentences. */
  readonly reasons: readonly string[];
  /** Locations of the dropped members, and of the types that lack them. */
  readonly locations: readonly SourceLocation[];
}

/** @param coordinate Of an argument or an input field, perhaps one without a default value. */
export function droppedFromDefault(coordinate: string | undefined, index: SchemaIndex): Dropped {
  const reasons = new Set<string>();
  const locations: SourceLocation[] = [];
  const visit = (value: ConstValueNode, typeName: string): void => {
    if (value.kind === Kind.LIST) for (const element of value.values) visit(element, typeName);
    if (value.kind === Kind.ENUM) check(typeName, value.value);
    if (value.kind !== Kind.OBJECT) return;
    for (const field of value.fields) {
      const [definition] = check(typeName, field.name.value);
      if (definition && 'type' in definition.node && definition.node.type)
        visit(field.value, nameOf(definition.node.type as TypeNode));
    }
  };
  const check = (typeName: string, member: string): readonly Definition[] => {
    const dropped = `${typeName}.${member}`;
    const defining = index.definitionsOf(dropped);
    const missingIn = subgraphsOf(index.definitionsOf(typeName)).filter(
      (subgraph) => !defining.some((definition) => definition.subgraph === subgraph),
    );
    if (defining.length > 0 && missingIn.length > 0) {
      const names = missingIn.map(({ name }) => `"${name}"`).join(', ');
      reasons.add(
        `"${dropped}" is not part of the graph, because it is not defined in subgraph${missingIn.length === 1 ? '' : 's'} ${names}: add it there, or leave it out of the default value.`,
      );
      const types = index.definitionsOf(typeName).filter(({ subgraph }) => missingIn.includes(subgraph));
      locations.push(...[...defining, ...types].flatMap(({ subgraph, node }) => locationsOf(subgraph, node)));
    }
    return defining;
  };
  for (const { node } of coordinate === undefined ? [] : index.definitionsOf(coordinate)) {
    if (node.kind === Kind.INPUT_VALUE_DEFINITION && node.defaultValue)
      visit(node.defaultValue, nameOf(node.type));
  }
  return { reasons: [...reasons], locations };
}

function subgraphsOf(definitions: readonly Definition[]): ParsedSubgraph[] {
  return [...new Set(definitions.map(({ subgraph }) => subgraph))];
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type);
}
