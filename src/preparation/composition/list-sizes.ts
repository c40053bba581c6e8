/**
 * Forms of `@listSize` that the composer refuses: slicing arguments in input objects (`input.first`) or that are lists,
 * sized fields below others (`results { page }`), and several of them on one field. They are taken out before composition
 * and written into the supergraph afterwards, where they are checked as all others.
 */

import {
  Kind,
  parse,
  print,
  visit,
  type ConstDirectiveNode,
  type DirectiveDefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type SchemaDefinitionNode,
} from 'graphql';

import { costFeature, directiveName, listSizeDirective } from '../supergraph/features.ts';

/** `@listSize` directives by the coordinate of their field. */
export type ListSizes = ReadonlyMap<string, readonly ConstDirectiveNode[]>;

const definition = (name: string): string =>
  `directive @${name}(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) repeatable on FIELD_DEFINITION`;

/** Those of each field for which any subgraph uses such a form. */
export function uncomposableListSizes(subgraphs: readonly DocumentNode[]): ListSizes {
  const all = new Map<string, ConstDirectiveNode[]>();
  const uncomposable = new Set<string>();
  for (const subgraph of subgraphs) {
    const name = listSizeDirective(subgraph);
    if (name === undefined) continue;
    mapFields(subgraph, (coordinate, field) => {
      const own = directivesNamed(field, name);
      if (own.length > 0) all.set(coordinate, [...(all.get(coordinate) ?? []), ...own]);
      if (own.length > 1 || own.some((directive) => !isComposable(directive, field)))
        uncomposable.add(coordinate);
      return undefined;
    });
  }
  return new Map([...all].filter(([coordinate]) => uncomposable.has(coordinate)));
}

export function withoutListSizes(subgraph: DocumentNode, listSizes: ListSizes): DocumentNode {
  const name = listSizes.size > 0 ? listSizeDirective(subgraph) : undefined;
  if (name === undefined) return subgraph;
  return mapFields(subgraph, (coordinate, field) =>
    listSizes.has(coordinate)
      ? { ...field, directives: field.directives?.filter((one) => one.name.value !== name) ?? [] }
      : undefined,
  );
}

export function withListSizes(supergraphSdl: string, listSizes: ListSizes): string {
  if (listSizes.size === 0) return supergraphSdl;
  const supergraph = linked(parse(supergraphSdl));
  const name = { kind: Kind.NAME, value: directiveName(supergraph, 'listSize') ?? 'listSize' } as const;
  const isDefined = supergraph.definitions.some(
    (node) => node.kind === Kind.DIRECTIVE_DEFINITION && node.name.value === name.value,
  );
  const completed = mapFields(supergraph, (coordinate, field) => {
    const own = listSizes.get(coordinate)?.map((directive) => ({ ...directive, name })) ?? [];
    return own.length === 0 ? undefined : { ...field, directives: [...(field.directives ?? []), ...own] };
  });
  const repeatable = visit(completed, {
    DirectiveDefinition: (node): DirectiveDefinitionNode | undefined =>
      node.name.value === name.value ? { ...node, repeatable: true } : undefined,
  });
  return isDefined ? print(repeatable) : `${print(repeatable)}\n\n${definition(name.value)}\n`;
}

/** With a link to the specification of the directive. */
function linked(supergraph: DocumentNode): DocumentNode {
  if (directiveName(supergraph, 'listSize') !== undefined) return supergraph;
  const links = parse(`schema @link(url: "${costFeature}") { query: Query }`).definitions[0];
  return visit(supergraph, {
    SchemaDefinition: (node): SchemaDefinitionNode => ({
      ...node,
      directives: [...(node.directives ?? []), ...((links as SchemaDefinitionNode).directives ?? [])],
    }),
  });
}

function isComposable(directive: ConstDirectiveNode, field: FieldDefinitionNode): boolean {
  return (directive.arguments ?? []).every(({ name, value }) => {
    if (name.value === 'sizedFields') return textsOf(value).every((text) => !text.includes('{'));
    if (name.value !== 'slicingArguments') return true;
    return textsOf(value).every((text) => !text.includes('.') && !isList(field, text));
  });
}

function isList(field: FieldDefinitionNode, argument: string): boolean {
  const type = field.arguments?.find(({ name }) => name.value === argument)?.type;
  return (type?.kind === Kind.NON_NULL_TYPE ? type.type : type)?.kind === Kind.LIST_TYPE;
}

function textsOf(value: NonNullable<ConstDirectiveNode['arguments']>[number]['value']): string[] {
  const items = value.kind === Kind.LIST ? value.values : [value];
  return items.flatMap((item) => (item.kind === Kind.STRING ? [item.value] : []));
}

function directivesNamed({ directives = [] }: FieldDefinitionNode, name: string): ConstDirectiveNode[] {
  return directives.filter((directive) => directive.name.value === name);
}

/** @param change Returns undefined for a field that stays as it is. */
function mapFields(
  document: DocumentNode,
  change: (coordinate: string, field: FieldDefinitionNode) => FieldDefinitionNode | undefined,
): DocumentNode {
  let type = '';
  const enter = {
    enter: ({ name }: { readonly name: { readonly value: string } }): void => void (type = name.value),
  };
  return visit(document, {
    ObjectTypeDefinition: enter,
    ObjectTypeExtension: enter,
    InterfaceTypeDefinition: enter,
    InterfaceTypeExtension: enter,
    InputObjectTypeDefinition: () => false,
    InputObjectTypeExtension: () => false,
    FieldDefinition: (field) => change(`${type}.${field.name.value}`, field),
  });
}
