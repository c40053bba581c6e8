/** Rules about lists: how a client says how much it wants, what a list costs, and whether its items may be null. */

import {
  Kind,
  print,
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  type TypeNode,
} from 'graphql';

import type { LintSettings } from '../../config/checks/checks-file.ts';
import {
  isComposite,
  isOfInterface,
  itemType,
  namedType,
  ownDefinitions,
  type Definition,
  type LintField,
  type LintGraph,
  type LintType,
} from './graph.ts';
import { entityTypes } from './keys.ts';
import type { LintMark } from './mark.ts';
import { directivesOf } from './subgraph.ts';

/** A field whose type is a list of objects. */
interface ListField {
  readonly type: LintType;
  readonly field: LintField;
  readonly items: LintType;
  /** Of the subgraphs that resolve it. */
  readonly definitions: ReadonlyArray<Definition<FieldDefinitionNode>>;
}

export function* listPagination(
  graph: LintGraph,
  { paginationArguments }: LintSettings,
): Generator<LintMark> {
  const names = new Set(paginationArguments);
  const sized = sizedFields(graph);
  const entities = entityTypes(graph);
  for (const { type, field, items, definitions } of listFields(graph)) {
    if (isPage(type) || sized.has(field.coordinate) || definitions.some(isSized)) continue;
    if (type.coordinate === 'Mutation' || type.coordinate === 'Subscription') continue;
    // Values such as the lines of an address belong to their owner, which bounds them.
    if (!type.isRoot && !entities.has(items.name)) continue;
    if (isPaginated(field, names, graph) || definitions.some(hasRequiredList)) continue;
    const [definition] = definitions as [Definition<FieldDefinitionNode>];
    const argument = paginationArguments[0] ?? 'first';
    yield {
      rule: 'lint-list-pagination',
      coordinate: field.coordinate,
      definition,
      message: `The list ${field.coordinate} has no argument that limits its length`,
      hint: `Write \`${withArgument(definition.node, `${argument}: Int = 20`)}\`, or \`@listSize(assumedSize: 10)\` if it is always short`,
      details: [],
    };
  }
}

export function* listCosts(graph: LintGraph, { paginationArguments }: LintSettings): Generator<LintMark> {
  const sized = sizedFields(graph);
  for (const { type, field, definitions } of listFields(graph)) {
    const costed = definitions.find(({ subgraph }) => subgraph.linksCost);
    if (!costed || sized.has(field.coordinate) || definitions.some(hasListSize) || isPage(type)) continue;
    const slicing = [
      ...paginationArguments.filter((name) => field.args.has(name)),
      ...(costed.node.arguments ?? []).filter(isRequiredList).map(({ name }) => name.value),
    ];
    const size =
      slicing.length > 0 ? `slicingArguments: ${JSON.stringify(slicing.slice(0, 1))}` : 'assumedSize: 10';
    yield {
      rule: 'lint-list-cost',
      coordinate: field.coordinate,
      definition: costed,
      message: `The list ${field.coordinate} has no size, so that its cost cannot be estimated`,
      hint: `Write \`@${costed.subgraph.directiveName('listSize')}(${size})\` after its type`,
      details: [],
    };
  }
}

export function* nullableItems(graph: LintGraph): Generator<LintMark> {
  for (const type of graph.types.values()) {
    for (const field of type.fields.values()) {
      if (isOfInterface(type, field.name, graph)) continue;
      const definition = ownDefinitions(field).find(hasNullableItems);
      if (!definition) continue;
      yield {
        rule: 'lint-nullable-list-item',
        coordinate: field.coordinate,
        definition,
        message: `Items of the list ${field.coordinate} may be null`,
        hint: `Write \`${withRequiredItems(definition.node.type)}\` unless a place in the list means something by itself`,
        details: [],
      };
    }
  }
}

function withRequiredItems(type: TypeNode): string {
  const item = itemType(type);
  return `[${item ? print(item) : ''}!]${type.kind === Kind.NON_NULL_TYPE ? '!' : ''}`;
}

function hasNullableItems({ node }: LintField['definitions'][number]): boolean {
  const item = itemType(node.type);
  return item !== undefined && item.kind !== Kind.NON_NULL_TYPE;
}

function* listFields(graph: LintGraph): Generator<ListField> {
  for (const type of graph.types.values()) {
    for (const field of type.fields.values()) {
      const definitions = ownDefinitions(field).filter(isFieldDefinition);
      const [first] = definitions;
      const item = first && itemType(first.node.type);
      const items = item && graph.types.get(namedType(item));
      if (!items || !isComposite(items) || isOfInterface(type, field.name, graph)) continue;
      yield { type, field, items, definitions };
    }
  }
}

function isFieldDefinition(definition: Definition): definition is Definition<FieldDefinitionNode> {
  return definition.node.kind === Kind.FIELD_DEFINITION;
}

/** A page of a list, or the outcome of a mutation: what limits it is an argument elsewhere. */
function isPage({ name, fields }: LintType): boolean {
  return fields.has('pageInfo') || /(?:Connection|Page|Payload|Result)$/.test(name);
}

/** By an argument, or by a field of an input that is an argument: `orders(page: PageInput)`. */
function isPaginated({ args }: LintField, names: ReadonlySet<string>, { types }: LintGraph): boolean {
  return [...args.values()].some(({ name, definitions }) => {
    if (names.has(name)) return true;
    const fields = definitions.flatMap(({ node }) => [
      ...(types.get(namedType(node.type))?.fields.keys() ?? []),
    ]);
    return fields.some((field) => names.has(field));
  });
}

/** Whether the length is that of a list in the arguments: `users(ids: [ID!]!)`. */
function hasRequiredList({ node }: Definition<FieldDefinitionNode>): boolean {
  return (node.arguments ?? []).some(isRequiredList);
}

function isRequiredList({ type }: InputValueDefinitionNode): boolean {
  return type.kind === Kind.NON_NULL_TYPE && itemType(type) !== undefined;
}

/** Whether `@listSize` says how long it is, or by which arguments a client does. */
function isSized(definition: Definition): boolean {
  return directivesOf(definition, 'listSize').some((directive) =>
    ['assumedSize', 'slicingArguments'].some((name) => valueOf(directive, name) !== undefined),
  );
}

function hasListSize(definition: Definition): boolean {
  return directivesOf(definition, 'listSize').length > 0;
}

/** Coordinates of the lists whose size is that of the field that leads to them: `sizedFields: ["edges"]`. */
function sizedFields({ types }: LintGraph): ReadonlySet<string> {
  const coordinates = new Set<string>();
  for (const { fields } of types.values()) {
    for (const { definitions } of fields.values()) {
      for (const definition of definitions) {
        const type = namedType(definition.node.type);
        for (const directive of directivesOf(definition, 'listSize')) {
          const names = valueOf(directive, 'sizedFields');
          const values = names?.kind === Kind.LIST ? names.values : names ? [names] : [];
          for (const value of values)
            if (value.kind === Kind.STRING) coordinates.add(`${type}.${value.value}`);
        }
      }
    }
  }
  return coordinates;
}

function valueOf({ arguments: args = [] }: ConstDirectiveNode, name: string) {
  return args.find((argument) => argument.name.value === name)?.value;
}

function withArgument({ name, arguments: args = [] }: FieldDefinitionNode, added: string): string {
  const others = args.map((argument) => `${argument.name.value}: ...`);
  return `${name.value}(${[...others, added].join(', ')})`;
}
