/** Finds definitions in the subgraphs by coordinate, for messages of the composer. Slow: it visits every schema. */

import { Kind, type ASTNode, type DefinitionNode, type InputValueDefinitionNode } from 'graphql';

import { locationsOf, type ParsedSubgraph, type SourceLocation } from './notes.ts';

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
   * The coordinates in a message of the composer that a subgraph defines, in order; only the most specific ones, because
   * `P.y` is more specific than `P`.
   *
   * @param subgraph Only definitions of this one.
   */
  mentioned(message: string, subgraph?: string): string[] {
    const matches = new Set<string>();
    for (const [text] of message.matchAll(coordinates)) {
      const isDefined = this.definitionsOf(text).some(
        (definition) => subgraph === undefined || definition.subgraph.name === subgraph,
      );
      if (isDefined) matches.add(text);
    }
    const specificity = Math.max(...[...matches].map(specificityOf));
    return [...matches].filter((coordinate) => specificityOf(coordinate) === specificity);
  }

  locationsOf(coordinates: readonly string[], subgraph?: string): SourceLocation[] {
    return coordinates.flatMap((coordinate) =>
      this.definitionsOf(coordinate)
        .filter((definition) => subgraph === undefined || definition.subgraph.name === subgraph)
        .flatMap((definition) => locationsOf(definition.subgraph, definition.node)),
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
    const definitions = this.#definitions.get(coordinate);
    if (definitions) definitions.push(definition);
    else this.#definitions.set(coordinate, [definition]);
  }
}

function specificityOf(coordinate: string): number {
  return Number(coordinate.includes('.')) + Number(coordinate.includes('('));
}
