/** Where the subgraphs define what a message of the composer only names. Built for failures: it walks every schema. */

import { Kind, type ASTNode, type DefinitionNode, type InputValueDefinitionNode } from 'graphql';

import { placeOf, type ParsedSubgraph, type Place } from './notes.ts';

export interface Definition {
  readonly subgraph: ParsedSubgraph;
  readonly node: ASTNode;
}

/** `@name` or `Type`, `Type.field`, `Type.field(argument:)`; type names need not begin with a capital. */
const coordinates = /@?\b[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?(?:\([A-Za-z_]\w*:\))?/g;

export class SchemaIndex {
  readonly #definitions = new Map<string, Definition[]>();

  constructor(subgraphs: readonly ParsedSubgraph[]) {
    for (const subgraph of subgraphs) {
      for (const definition of subgraph.document.definitions) this.#add(subgraph, definition);
    }
  }

  /** @param coordinate Such as `Query.products(first:)`. */
  definitionsOf(coordinate: string): readonly Definition[] {
    return this.#definitions.get(coordinate) ?? [];
  }

  /**
   * The coordinates that stand in a message of the composer, the first first: of those that some subgraph defines
   * only the most exact, for `P.y` says more than the `P` beside it.
   *
   * @param subgraph Where only one can be meant.
   */
  mentioned(message: string, subgraph?: string): string[] {
    const found = new Set<string>();
    for (const [text] of message.matchAll(coordinates)) {
      const isDefined = this.definitionsOf(text).some(
        (definition) => subgraph === undefined || definition.subgraph.name === subgraph,
      );
      if (isDefined) found.add(text);
    }
    const exactness = Math.max(...[...found].map(exactnessOf));
    return [...found].filter((coordinate) => exactnessOf(coordinate) === exactness);
  }

  placesOf(coordinates: readonly string[], subgraph?: string): Place[] {
    return coordinates.flatMap((coordinate) =>
      this.definitionsOf(coordinate)
        .filter((definition) => subgraph === undefined || definition.subgraph.name === subgraph)
        .flatMap((definition) => placeOf(definition.subgraph, definition.node)),
    );
  }

  #add(subgraph: ParsedSubgraph, node: DefinitionNode): void {
    if (!('name' in node) || !node.name) return;
    const name = node.kind === Kind.DIRECTIVE_DEFINITION ? `@${node.name.value}` : node.name.value;
    this.#put(name, { subgraph, node });
    if ('arguments' in node) this.#addArguments(subgraph, name, node.arguments);
    if ('values' in node) {
      for (const value of node.values ?? [])
        this.#put(`${name}.${value.name.value}`, { subgraph, node: value });
    }
    if (!('fields' in node)) return;
    for (const field of node.fields ?? []) {
      const coordinate = `${name}.${field.name.value}`;
      this.#put(coordinate, { subgraph, node: field });
      if ('arguments' in field) this.#addArguments(subgraph, coordinate, field.arguments);
    }
  }

  #addArguments(
    subgraph: ParsedSubgraph,
    owner: string,
    nodes: readonly InputValueDefinitionNode[] | undefined,
  ): void {
    for (const node of nodes ?? []) this.#put(`${owner}(${node.name.value}:)`, { subgraph, node });
  }

  #put(coordinate: string, definition: Definition): void {
    const known = this.#definitions.get(coordinate);
    if (known) known.push(definition);
    else this.#definitions.set(coordinate, [definition]);
  }
}

function exactnessOf(coordinate: string): number {
  return Number(coordinate.includes('.')) + Number(coordinate.includes('('));
}
