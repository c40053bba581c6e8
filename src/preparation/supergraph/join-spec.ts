/**
 * Reads the join directives of a supergraph: which subgraph has which types and fields, with their keys and requirements.
 *
 * @see https://specs.apollo.dev/join/v0.5/
 */

import {
  Kind,
  type ArgumentNode,
  type ConstDirectiveNode,
  type DocumentNode,
  type InterfaceTypeDefinitionNode,
  type ObjectTypeDefinitionNode,
} from 'graphql';

export interface JoinedField {
  readonly subgraph: string;
  readonly external: boolean;
  /** Selection text; null without `@requires`. */
  readonly requires: string | null;
  /** Of the `@override` that moves the field here; null without one. */
  readonly label: string | null;
  /** The type that it has there, as text; null: that of the graph. */
  readonly type: string | null;
}

export interface JoinedType {
  readonly subgraph: string;
  readonly isInterfaceObject: boolean;
  /** Selection text of a resolvable key; null: the type has none here. */
  readonly key: string | null;
}

export class JoinSpec {
  readonly #types = new Map<string, JoinedType[]>();
  readonly #fields = new Map<string, JoinedField[]>();
  readonly #interfaceObjects: readonly string[];
  #hasLabels = false;

  constructor(supergraph: DocumentNode) {
    const names = subgraphNames(supergraph);
    for (const definition of supergraph.definitions) {
      if (
        definition.kind !== Kind.OBJECT_TYPE_DEFINITION &&
        definition.kind !== Kind.INTERFACE_TYPE_DEFINITION
      )
        continue;
      this.#addType(definition, names);
    }
    this.#interfaceObjects = [...this.#types]
      .filter(([, joins]) => joins.some((join) => join.isInterfaceObject))
      .map(([name]) => name);
  }

  /** Whether any field has an `@override` with a label. */
  get hasLabels(): boolean {
    return this.#hasLabels;
  }

  typesOf(type: string): readonly JoinedType[] {
    return this.#types.get(type) ?? [];
  }

  /** Empty: the field is in every subgraph that has the type. */
  fieldsOf(type: string, field: string): readonly JoinedField[] {
    return this.#fields.get(`${type}.${field}`) ?? [];
  }

  /** The texts of all resolvable keys, each once. */
  keys(): ReadonlySet<string> {
    const keys = [...this.#types.values()].flatMap((joins) => joins.map(({ key }) => key));
    return new Set(keys.filter((key) => key !== null));
  }

  /** The text of every `@requires`, with whose field it is. */
  *requirements(): Iterable<{ readonly type: string; readonly field: string; readonly requires: string }> {
    for (const [coordinate, joins] of this.#fields) {
      for (const { requires } of joins) {
        if (requires === null) continue;
        const [type = '', field = ''] = coordinate.split('.');
        yield { type, field, requires };
      }
    }
  }

  /** Fields that have another type in a subgraph than in the graph. */
  *fieldTypes(): Iterable<{
    readonly type: string;
    readonly field: string;
    readonly subgraph: string;
    readonly fieldType: string;
  }> {
    for (const [coordinate, joins] of this.#fields) {
      const [type = '', field = ''] = coordinate.split('.');
      for (const { subgraph, type: fieldType } of joins)
        if (fieldType !== null) yield { type, field, subgraph, fieldType };
    }
  }

  /** Interfaces that are an object type in some subgraph. */
  get interfaceObjects(): readonly string[] {
    return this.#interfaceObjects;
  }

  /** Whether `subgraph` knows the runtime types of `type`. */
  knowsRuntimeTypes(type: string, subgraph: string): boolean {
    const joins = this.typesOf(type).filter((join) => join.subgraph === subgraph);
    return joins.length > 0 && joins.every((join) => !join.isInterfaceObject);
  }

  #addType(
    definition: ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode,
    names: ReadonlyMap<string, string>,
  ): void {
    const nameOf = (directive: ConstDirectiveNode): string =>
      names.get(enumArgument(directive, 'graph') ?? '') ?? '';
    const type = definition.name.value;
    this.#types.set(
      type,
      directivesNamed(definition.directives, 'join__type').map((directive) => ({
        subgraph: nameOf(directive),
        isInterfaceObject: isTrue(directive, 'isInterfaceObject'),
        key: isFalse(directive, 'resolvable') ? null : stringArgument(directive, 'key'),
      })),
    );
    for (const field of definition.fields ?? []) {
      const joins = directivesNamed(field.directives, 'join__field').map((directive) => ({
        subgraph: nameOf(directive),
        external: isTrue(directive, 'external'),
        requires: stringArgument(directive, 'requires'),
        label: stringArgument(directive, 'overrideLabel'),
        type: stringArgument(directive, 'type'),
      }));
      this.#fields.set(`${type}.${field.name.value}`, joins);
      this.#hasLabels ||= joins.some(({ label }) => label !== null);
    }
  }
}

/**
 * The supergraph without the non-resolvable keys of types that the same subgraph resolves by another key: the planner
 * may use such a key for an entity fetch, which then returns nothing.
 */
export function withoutUselessKeys(supergraph: DocumentNode): DocumentNode {
  let isChanged = false;
  const definitions = supergraph.definitions.map((definition) => {
    const isJoined =
      definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION;
    const changed = isJoined ? withDirectives(definition) : undefined;
    isChanged ||= changed !== undefined;
    return changed ?? definition;
  });
  return isChanged ? { ...supergraph, definitions } : supergraph;
}

function withDirectives<Node extends ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode>(
  definition: Node,
): Node | undefined {
  const joins = directivesNamed(definition.directives, 'join__type');
  const resolving = new Set(
    joins
      .filter((join) => stringArgument(join, 'key') !== null && !isFalse(join, 'resolvable'))
      .map((join) => enumArgument(join, 'graph')),
  );
  const useless = new Set(
    joins.filter((join) => isFalse(join, 'resolvable') && resolving.has(enumArgument(join, 'graph'))),
  );
  if (useless.size === 0) return undefined;
  return {
    ...definition,
    directives: definition.directives?.filter((directive) => !useless.has(directive)) ?? [],
  };
}

/** Names of the subgraphs by their value of `enum join__Graph`. */
function subgraphNames(supergraph: DocumentNode): Map<string, string> {
  const names = new Map<string, string>();
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') continue;
    for (const value of definition.values ?? []) {
      const [graph] = directivesNamed(value.directives, 'join__graph');
      const name = graph ? stringArgument(graph, 'name') : null;
      if (name !== null) names.set(value.name.value, name);
    }
  }
  return names;
}

function directivesNamed(
  directives: readonly ConstDirectiveNode[] | undefined,
  name: string,
): ConstDirectiveNode[] {
  return (directives ?? []).filter((directive) => directive.name.value === name);
}

function argument(directive: ConstDirectiveNode, name: string): ArgumentNode | undefined {
  return directive.arguments?.find((candidate) => candidate.name.value === name);
}

function stringArgument(directive: ConstDirectiveNode, name: string): string | null {
  const value = argument(directive, name)?.value;
  return value?.kind === Kind.STRING ? value.value : null;
}

function enumArgument(directive: ConstDirectiveNode, name: string): string | null {
  const value = argument(directive, name)?.value;
  return value?.kind === Kind.ENUM ? value.value : null;
}

function isTrue(directive: ConstDirectiveNode, name: string): boolean {
  const value = argument(directive, name)?.value;
  return value?.kind === Kind.BOOLEAN && value.value;
}

function isFalse(directive: ConstDirectiveNode, name: string): boolean {
  const value = argument(directive, name)?.value;
  return value?.kind === Kind.BOOLEAN && !value.value;
}
