/**
 * The tags of a graph's elements by schema coordinate, whatever name `@tag` is imported under.
 *
 * @see https://specs.apollo.dev/tag/v0.3/
 */

import {
  isTypeDefinitionNode,
  isTypeExtensionNode,
  Kind,
  parse,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type InputValueDefinitionNode,
  type OperationTypeNode,
} from 'graphql';

import { tagDirective } from '../supergraph/features.ts';

/** Own tags, without those that a field has from its type; by coordinate, such as `Query.products(first:)`. */
export type Tags = ReadonlyMap<string, ReadonlySet<string>>;

/** Names of the subgraphs that apply a tag, by coordinate and tag. */
export type TagSources = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

export interface SubgraphText {
  readonly name: string;
  readonly sdl: string;
}

interface TaggableElement {
  readonly coordinate: string;
  readonly directives: readonly ConstDirectiveNode[] | undefined;
}

/**
 * A field that objects have from an interface object (`type Media @interfaceObject`) has the tags of that type, too:
 * composition copies only those of the field itself.
 */
export function readTags(supergraph: DocumentNode): Tags {
  const tags = new Map<string, Set<string>>();
  const add = (coordinate: string, tag: string): void => {
    const known = tags.get(coordinate);
    if (known) known.add(tag);
    else tags.set(coordinate, new Set([tag]));
  };
  for (const { coordinate, tag } of appliedTags(supergraph)) add(coordinate, tag);
  for (const { coordinate, interfaceName } of fieldsOfInterfaceObjects(supergraph)) {
    for (const tag of tags.get(interfaceName) ?? []) add(coordinate, tag);
  }
  return tags;
}

/** Root types have the names of the supergraph: `Query`, `Mutation` and `Subscription`. */
export function readTagSources(subgraphs: readonly SubgraphText[]): TagSources {
  const sources = new Map<string, Map<string, string[]>>();
  for (const { name, sdl } of subgraphs) {
    const document = parse(sdl, { noLocation: true });
    for (const { coordinate, tag } of appliedTags(document, rootNames(document))) {
      const byTag = sources.get(coordinate) ?? new Map<string, string[]>();
      const names = byTag.get(tag) ?? [];
      if (!names.includes(name)) names.push(name);
      sources.set(coordinate, byTag.set(tag, names));
    }
  }
  return sources;
}

/**
 * Which subgraph defines an element before the others, by coordinate; a field that is only `@external` is not defined.
 *
 * @param subgraphs In the order of graph.yaml.
 */
export function readFirstDefinitions(subgraphs: readonly SubgraphText[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { name, sdl } of subgraphs) {
    const document = parse(sdl, { noLocation: true });
    const roots = rootNames(document);
    for (const definition of document.definitions) {
      for (const { coordinate, directives = [] } of elementsOf(definition, roots)) {
        const isExternal = directives.some((directive) => externals.has(directive.name.value));
        if (!isExternal && !names.has(coordinate)) names.set(coordinate, name);
      }
    }
  }
  return names;
}

const externals: ReadonlySet<string> = new Set(['external', 'federation__external']);

function* appliedTags(
  document: DocumentNode,
  typeNames: ReadonlyMap<string, string> = new Map(),
): Generator<{ readonly coordinate: string; readonly tag: string }> {
  const directiveName = tagDirective(document);
  if (directiveName === undefined) return;
  for (const definition of document.definitions) {
    for (const { coordinate, directives } of elementsOf(definition, typeNames)) {
      for (const directive of directives ?? []) {
        const tag = directive.name.value === directiveName ? tagName(directive) : undefined;
        if (tag !== undefined) yield { coordinate, tag };
      }
    }
  }
}

function* elementsOf(
  definition: DefinitionNode,
  typeNames: ReadonlyMap<string, string>,
): Generator<TaggableElement> {
  if (definition.kind === Kind.DIRECTIVE_DEFINITION) {
    yield* argumentsOf(`@${definition.name.value}`, definition.arguments);
    return;
  }
  if (!isTypeDefinitionNode(definition) && !isTypeExtensionNode(definition)) return;
  const { directives } = definition;
  const type = typeNames.get(definition.name.value) ?? definition.name.value;
  yield { coordinate: type, directives };
  const members = 'fields' in definition ? definition.fields : undefined;
  for (const member of members ?? []) {
    const coordinate = `${type}.${member.name.value}`;
    yield { coordinate, directives: member.directives };
    if (member.kind === Kind.FIELD_DEFINITION) yield* argumentsOf(coordinate, member.arguments);
  }
  for (const value of ('values' in definition ? definition.values : undefined) ?? []) {
    yield { coordinate: `${type}.${value.name.value}`, directives: value.directives };
  }
}

function* argumentsOf(
  coordinate: string,
  args: readonly InputValueDefinitionNode[] | undefined,
): Generator<TaggableElement> {
  for (const { name, directives } of args ?? []) {
    yield { coordinate: `${coordinate}(${name.value}:)`, directives };
  }
}

function tagName(directive: ConstDirectiveNode): string | undefined {
  const value = directive.arguments?.find(({ name }) => name.value === 'name')?.value;
  return value?.kind === Kind.STRING ? value.value : undefined;
}

/** Fields that composition has copied from an interface object to the types that implement the interface. */
function* fieldsOfInterfaceObjects(
  supergraph: DocumentNode,
): Generator<{ readonly coordinate: string; readonly interfaceName: string }> {
  const types = supergraph.definitions.filter(
    (node) => node.kind === Kind.OBJECT_TYPE_DEFINITION || node.kind === Kind.INTERFACE_TYPE_DEFINITION,
  );
  const fieldsByInterface = new Map(
    types
      .filter(({ directives = [] }) => directives.some(isInterfaceObjectJoin))
      .map(({ name, fields = [] }) => [name.value, new Set(fields.map((field) => field.name.value))]),
  );
  if (fieldsByInterface.size === 0) return;
  for (const { name: type, interfaces = [], fields = [] } of types) {
    for (const { name, directives = [] } of fields) {
      if (!directives.some(isJoinWithoutSubgraph)) continue;
      for (const { name: interfaceName } of interfaces) {
        if (fieldsByInterface.get(interfaceName.value)?.has(name.value))
          yield { coordinate: `${type.value}.${name.value}`, interfaceName: interfaceName.value };
      }
    }
  }
}

function isInterfaceObjectJoin({ name, arguments: args = [] }: ConstDirectiveNode): boolean {
  return (
    name.value === 'join__type' &&
    args.some(
      (argument) =>
        argument.name.value === 'isInterfaceObject' &&
        argument.value.kind === Kind.BOOLEAN &&
        argument.value.value,
    )
  );
}

function isJoinWithoutSubgraph({ name, arguments: args = [] }: ConstDirectiveNode): boolean {
  return name.value === 'join__field' && !args.some((argument) => argument.name.value === 'graph');
}

/** Names in the supergraph of the root types that a subgraph names otherwise. */
function rootNames(subgraph: DocumentNode): Map<string, string> {
  const names = new Map<string, string>();
  for (const definition of subgraph.definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) continue;
    for (const { operation, type } of definition.operationTypes ?? []) {
      names.set(type.name.value, supergraphRoots[operation]);
    }
  }
  return names;
}

const supergraphRoots: Readonly<Record<OperationTypeNode, string>> = {
  query: 'Query',
  mutation: 'Mutation',
  subscription: 'Subscription',
};
