/** The elements of all subgraphs together: each with its definitions, since several subgraphs may define one. */

import {
  isTypeDefinitionNode,
  isTypeExtensionNode,
  Kind,
  type ConstDirectiveNode,
  type EnumValueDefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  type TypeDefinitionNode,
  type TypeExtensionNode,
  type TypeNode,
} from 'graphql';

import { directivesOf, type FederationDirective, type LintSubgraph } from './subgraph.ts';

export type TypeKind = 'interface' | 'object' | 'union' | 'input' | 'enum' | 'scalar';

type TypeDefinition = TypeDefinitionNode | TypeExtensionNode;
type FieldNode = FieldDefinitionNode | InputValueDefinitionNode;
export type ElementNode = TypeDefinition | FieldNode | EnumValueDefinitionNode;

/** One definition of an element, in a subgraph. */
export interface Definition<Node extends ElementNode = ElementNode> {
  readonly subgraph: LintSubgraph;
  readonly node: Node;
}

export interface LintElement<Node extends ElementNode = ElementNode> {
  /** `Order`, `Order.items`, `Order.items(first:)`, `OrderStatus.PAID`; root types have their names of supergraphs. */
  readonly coordinate: string;
  readonly name: string;
  /** At least one, in the order of the subgraphs. */
  readonly definitions: Array<Definition<Node>>;
}

export interface LintField extends LintElement<FieldNode> {
  readonly args: Map<string, LintElement<InputValueDefinitionNode>>;
}

export interface LintType extends LintElement<TypeDefinition> {
  readonly isRoot: boolean;
  readonly fields: Map<string, LintField>;
  readonly values: Map<string, LintElement<EnumValueDefinitionNode>>;
  /** Names of the interfaces that it implements, in any subgraph. */
  readonly interfaces: Set<string>;
  /** Names of the members of a union, in any subgraph. */
  readonly members: Set<string>;
}

export interface LintGraph {
  readonly types: ReadonlyMap<string, LintType>;
  /** Names of the types of arguments of directives that subgraphs define. */
  readonly typesOfDirectives: ReadonlySet<string>;
  /** Whether each subgraph could be read. */
  readonly isComplete: boolean;
}

/** Fields of every subgraph that federation adds to the root type of queries. */
const federationFields: ReadonlySet<string> = new Set(['_service', '_entities']);

export function lintGraph(subgraphs: readonly LintSubgraph[], isComplete: boolean): LintGraph {
  const types = new Map<string, LintType>();
  const typesOfDirectives = new Set<string>();
  for (const subgraph of subgraphs) {
    for (const node of subgraph.document.definitions) {
      if (node.kind === Kind.DIRECTIVE_DEFINITION) {
        for (const { type } of node.arguments ?? []) typesOfDirectives.add(namedType(type));
      } else if (isTypeDefinitionNode(node) || isTypeExtensionNode(node)) {
        if (!subgraph.isForeignType(node.name.value)) addType(types, { subgraph, node });
      }
    }
  }
  return { types, typesOfDirectives, isComplete };
}

function addType(types: Map<string, LintType>, definition: Definition<TypeDefinition>): void {
  const { subgraph, node } = definition;
  const root = subgraph.rootNames.get(node.name.value);
  const name = root ?? node.name.value;
  const type = types.get(name) ?? newType(name, root !== undefined);
  types.set(name, type);
  type.definitions.push(definition);
  if ('fields' in node) {
    for (const field of node.fields ?? []) {
      const isFederation = name === 'Query' && federationFields.has(field.name.value);
      if (!isFederation) addField(type, { subgraph, node: field });
    }
  }
  if ('values' in node) {
    for (const value of node.values ?? []) addTo(type.values, `${name}.`, { subgraph, node: value });
  }
  if ('interfaces' in node)
    for (const { name: other } of node.interfaces ?? []) type.interfaces.add(other.value);
  if ('types' in node) for (const { name: other } of node.types ?? []) type.members.add(other.value);
}

function newType(name: string, isRoot: boolean): LintType {
  return {
    coordinate: name,
    name,
    isRoot,
    definitions: [],
    fields: new Map(),
    values: new Map(),
    interfaces: new Set(),
    members: new Set(),
  };
}

function addField({ coordinate: owner, fields }: LintType, definition: Definition<FieldNode>): void {
  const { subgraph, node } = definition;
  const name = node.name.value;
  const coordinate = `${owner}.${name}`;
  const field: LintField = fields.get(name) ?? { coordinate, name, definitions: [], args: new Map() };
  fields.set(name, field);
  field.definitions.push(definition);
  if (node.kind !== Kind.FIELD_DEFINITION) return;
  for (const argument of node.arguments ?? []) {
    const argName = argument.name.value;
    const element = field.args.get(argName) ?? {
      coordinate: `${coordinate}(${argName}:)`,
      name: argName,
      definitions: [],
    };
    field.args.set(argName, element);
    element.definitions.push({ subgraph, node: argument });
  }
}

function addTo<Node extends ElementNode & { readonly name: { readonly value: string } }>(
  elements: Map<string, LintElement<Node>>,
  prefix: string,
  definition: Definition<Node>,
): void {
  const name = definition.node.name.value;
  const element = elements.get(name) ?? { coordinate: `${prefix}${name}`, name, definitions: [] };
  elements.set(name, element);
  element.definitions.push(definition);
}

const kinds: ReadonlyMap<string, TypeKind> = new Map([
  [Kind.INTERFACE_TYPE_DEFINITION, 'interface'],
  [Kind.INTERFACE_TYPE_EXTENSION, 'interface'],
  [Kind.OBJECT_TYPE_DEFINITION, 'object'],
  [Kind.OBJECT_TYPE_EXTENSION, 'object'],
  [Kind.UNION_TYPE_DEFINITION, 'union'],
  [Kind.UNION_TYPE_EXTENSION, 'union'],
  [Kind.INPUT_OBJECT_TYPE_DEFINITION, 'input'],
  [Kind.INPUT_OBJECT_TYPE_EXTENSION, 'input'],
  [Kind.ENUM_TYPE_DEFINITION, 'enum'],
  [Kind.ENUM_TYPE_EXTENSION, 'enum'],
  [Kind.SCALAR_TYPE_DEFINITION, 'scalar'],
  [Kind.SCALAR_TYPE_EXTENSION, 'scalar'],
] as const);
const kindOrder = [...new Set(kinds.values())];

/** An interface may be an object type with `@interfaceObject` in other subgraphs. */
export function kindOf({ definitions }: LintType): TypeKind {
  const own = new Set(definitions.map(({ node }) => kinds.get(node.kind)));
  return kindOrder.find((kind) => own.has(kind)) ?? 'scalar';
}

export function isComposite(type: LintType): boolean {
  return ['interface', 'object', 'union'].includes(kindOf(type));
}

/** The definitions that count: those of subgraphs that resolve the field, where there are any. */
export function ownDefinitions<Node extends ElementNode>({
  definitions,
}: LintElement<Node>): ReadonlyArray<Definition<Node>> {
  const own = definitions.filter((definition) => !hasDirective(definition, 'external'));
  return own.length > 0 ? own : definitions;
}

export function hasDirective(definition: Definition, name: FederationDirective): boolean {
  return directivesOf(definition, name).length > 0;
}

export function isMarked({ definitions }: LintElement, name: FederationDirective): boolean {
  return definitions.some((definition) => hasDirective(definition, name));
}

export function directiveNamed({ node }: Definition, name: string): ConstDirectiveNode | undefined {
  return node.directives?.find((directive) => directive.name.value === name);
}

/** Whether an interface of the type has the field: what is said of it there is not said again. */
export function isOfInterface(type: LintType, field: string, { types }: LintGraph): boolean {
  return [...type.interfaces].some(
    (name) => name !== type.name && types.get(name)?.fields.has(field) === true,
  );
}

export function namedType(type: TypeNode): string {
  let inner = type;
  while (inner.kind !== Kind.NAMED_TYPE) inner = inner.type;
  return inner.name.value;
}

/** The type of its items; undefined for one that is no list. */
export function itemType(type: TypeNode): TypeNode | undefined {
  const list = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
  return list.kind === Kind.LIST_TYPE ? list.type : undefined;
}
