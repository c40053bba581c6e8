/**
 * What the client asked to see, as shapes: GraphQL's CollectFields done once per runtime type, conditions kept.
 * `@skip` and `@include` on variables become clauses, so that one prepared operation serves all their values.
 *
 * @see https://spec.graphql.org/October2021/#CollectFields()
 */

import {
  getNamedType,
  isAbstractType,
  isEnumType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

import type {
  Clause,
  FieldSpec,
  FieldValue,
  ProjectionSpec,
  Shape,
  ShapeCase,
} from '../pipeline/prepared.ts';
import { emptyRecord } from '../shared/records.ts';
import { placesOf, type CollectedField } from './field-places.ts';
import { conditionVariable, constantOf } from './planner-fixes/conditions.ts';
import type { CheckList, Place, RuntimeType } from './protection/check-list.ts';
import type { InternalName } from './planner-fixes/renaming.ts';
import type { LoadedSupergraph } from './supergraph/supergraph.ts';

/** One selection set of a merged field, with the conditions under which it counts. */
interface Occurrence {
  readonly selectionSet: SelectionSetNode;
  readonly clause: Clause;
}

interface Collecting {
  readonly into: CollectedField[];
  /** Fragments, each with the conditions under which it was spread. */
  readonly visited: Set<string>;
}

const always: Clause = { yes: [], no: [] };

/** Runtime types that are answered alike. */
interface CaseGroup {
  readonly types: string[];
  /** The first of them. */
  readonly type: RuntimeType;
  readonly collected: readonly CollectedField[];
}

/** A field that is answered about the schema, wherever it stands. */
export interface SchemaField {
  /** Under which the answer is found. */
  readonly key: string;
  readonly selections: readonly CollectedField[];
}

const rootPlace: Place = { path: [], reach: always };

const metaFields: ReadonlyMap<string, GraphQLField<unknown, unknown>> = new Map(
  [TypeNameMetaFieldDef, SchemaMetaFieldDef, TypeMetaFieldDef].map((field) => [field.name, field]),
);

export interface ProjectionTerms {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly nameOf: InternalName;
  /** Null: nothing is guarded. */
  readonly checks: CheckList | null;
}

export class ProjectionBuilder {
  readonly #schema: GraphQLSchema;
  readonly #interfaceObjects: readonly string[];
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #nameOf: InternalName;
  readonly #checks: CheckList | null;
  readonly #shapes: Shape[] = [];
  readonly #enums: Record<string, readonly string[]> = emptyRecord();
  readonly #schemaFields: SchemaField[] = [];

  constructor(
    { schema, interfaceObjects }: Pick<LoadedSupergraph, 'schema' | 'interfaceObjects'>,
    { fragments, nameOf, checks }: ProjectionTerms,
  ) {
    this.#checks = checks;
    this.#schema = schema;
    this.#interfaceObjects = interfaceObjects;
    this.#fragments = fragments;
    this.#nameOf = nameOf;
  }

  build(operation: OperationDefinitionNode, root: GraphQLObjectType): ProjectionSpec {
    this.#shapeOf(root, [{ selectionSet: operation.selectionSet, clause: always }], rootPlace);
    return { shapes: this.#shapes, enums: this.#enums };
  }

  /** Each `__schema` and `__type` of what was built: at the root, and where a field leads back to the query type. */
  get schemaFields(): readonly SchemaField[] {
    return this.#schemaFields;
  }

  /** The root's fields in order, for whoever needs the nodes themselves. */
  collectRoot(operation: OperationDefinitionNode, root: GraphQLObjectType): CollectedField[] {
    return this.#collect(root, [{ selectionSet: operation.selectionSet, clause: always }]);
  }

  #shapeOf(type: GraphQLCompositeType, occurrences: readonly Occurrence[], place: Place): number {
    const index = this.#shapes.length;
    this.#shapes.push({ type: type.name, isObject: isObjectType(type), cases: [] });
    const groups = new Map<string, CaseGroup>();
    for (const possible of this.#runtimeTypes(type)) {
      const collected = this.#collect(possible, occurrences);
      const signature = this.#signatureOf(type, possible, collected);
      const group = groups.get(signature);
      if (group) group.types.push(possible.name);
      else groups.set(signature, { types: [possible.name], type: possible, collected });
    }
    const cases = [...groups.values()].map((group): ShapeCase => ({
      types: group.types,
      fields: this.#fieldsOf(group, place),
      ...this.#checkOfObjects(type, group.types, place),
    }));
    this.#shapes[index] = { type: type.name, isObject: isObjectType(type), cases };
    return index;
  }

  /** Besides object types, interfaces whose name an interface object gives as its type when nobody asked for more. */
  #runtimeTypes(type: GraphQLCompositeType): RuntimeType[] {
    if (!isAbstractType(type)) return [type];
    const unresolved = this.#interfaceObjects
      .map((name) => this.#schema.getType(name))
      .filter(isInterfaceType)
      .filter((candidate) => candidate === type || this.#schema.isSubType(type, candidate));
    return [...this.#schema.getPossibleTypes(type), ...unresolved];
  }

  /** Runtime types with the same signature answer alike: the same nodes with the same types. */
  #signatureOf(
    declared: GraphQLCompositeType,
    type: RuntimeType,
    collected: readonly CollectedField[],
  ): string {
    const fields = collected.map(
      ({ node, clause }) =>
        `${node.loc?.start}:${String(this.#typeOf(type, node))}:${clauseText(clause)}:${this.#checks?.ofField(type, node)}`,
    );
    const guard = isAbstractType(declared) ? this.#checks?.ofObject(type.name) : undefined;
    return `${guard} ${fields.join()}`;
  }

  /** A field of an object type is guarded itself; what it may stand for is guarded where that is found out. */
  #checkOfObjects(
    declared: GraphQLCompositeType,
    types: readonly string[],
    place: Place,
  ): { check?: number } {
    if (!this.#checks || !isAbstractType(declared)) return {};
    const check = this.#checks.ofObject(types[0] as string);
    if (check === undefined) return {};
    for (const type of types) this.#checks.note(check, type, place);
    return { check };
  }

  #checkOf({ type, types }: CaseGroup, node: FieldNode, place: Place): { check?: number } {
    const check = this.#checks?.ofField(type, node);
    if (check === undefined) return {};
    for (const name of types) this.#checks?.note(check, `${name}.${node.name.value}`, place);
    return { check };
  }

  #collect(type: RuntimeType, occurrences: readonly Occurrence[]): CollectedField[] {
    const into: CollectedField[] = [];
    for (const occurrence of occurrences) {
      this.#collectFrom(occurrence, type, { into, visited: new Set() });
    }
    return into;
  }

  #collectFrom({ selectionSet, clause: outer }: Occurrence, type: RuntimeType, collecting: Collecting): void {
    const { into, visited } = collecting;
    for (const selection of selectionSet.selections) {
      const clause = and(outer, selection.directives);
      if (!clause) continue;
      if (selection.kind === Kind.FIELD) {
        into.push({ node: selection, clause });
        continue;
      }
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(selection.name.value) : selection;
      if (!fragment || !this.#applies(fragment.typeCondition?.name.value, type)) continue;
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        // The same fragment under the same conditions adds nothing the second time.
        const visit = `${selection.name.value} ${clauseText(clause)}`;
        if (visited.has(visit)) continue;
        visited.add(visit);
      }
      this.#collectFrom({ selectionSet: fragment.selectionSet, clause }, type, collecting);
    }
  }

  #applies(condition: string | undefined, type: RuntimeType): boolean {
    if (condition === undefined || condition === type.name) return true;
    const conditional = this.#schema.getType(condition);
    return (
      conditional !== undefined && isAbstractType(conditional) && this.#schema.isSubType(conditional, type)
    );
  }

  #fieldsOf(group: CaseGroup, place: Place): FieldSpec[] {
    const { collected } = group;
    const byKey = new Map<string, CollectedField[]>();
    for (const field of collected) {
      const key = responseName(field.node);
      const same = byKey.get(key);
      if (same) same.push(field);
      else byKey.set(key, [field]);
    }
    const specs = new Map<string, FieldSpec>();
    for (const [key, same] of byKey) specs.set(key, this.#fieldOf(group, same, place));
    return inOrder(collected, byKey, specs);
  }

  #fieldOf(group: CaseGroup, same: readonly CollectedField[], outer: Place): FieldSpec {
    const { type } = group;
    const first = same[0] as CollectedField;
    const declared = this.#typeOf(type, first.node);
    const key = responseName(first.node);
    const place = within(outer, key, same);
    return {
      key,
      from: isSchemaField(first.node) ? this.#schemaField(same) : this.#nameOf(first.node),
      name: `${type.name}.${first.node.name.value}`,
      wrappers: wrappersOf(declared),
      value: this.#valueOf(declared, same, place),
      at: placesOf(same),
      ...whenOf(same.map((field) => field.clause)),
      ...this.#checkOf(group, first.node, place),
    };
  }

  /** Under a key of its own: what else has its response name stands somewhere else, or asks for something else. */
  #schemaField(selections: readonly CollectedField[]): string {
    const key = `schema${this.#schemaFields.length}`;
    this.#schemaFields.push({ key, selections });
    return key;
  }

  #valueOf(declared: GraphQLOutputType, same: readonly CollectedField[], place: Place): FieldValue {
    const [first] = same;
    if (first?.node.name.value === '__typename') return { is: 'typename' };
    if (first && isSchemaField(first.node)) return { is: 'introspection' };
    const named = getNamedType(declared);
    if (isEnumType(named)) {
      this.#enums[named.name] ??= named.getValues().map((value) => value.name);
      return { is: 'enum', type: named.name };
    }
    if (isLeafType(named)) return { is: 'scalar', type: named.name };
    return { is: 'object', shape: this.#shapeOf(named, occurrencesOf(same), place) };
  }

  #typeOf(type: RuntimeType, node: FieldNode): GraphQLOutputType {
    const name = node.name.value;
    const field = metaFields.get(name) ?? type.getFields()[name];
    if (!field) throw new Error(`No field ${type.name}.${name}: the document was not validated`);
    return field.type;
  }
}

/** Where all nodes of a field share one condition, its own presence already says that it holds. */
function occurrencesOf(same: readonly CollectedField[]): Occurrence[] {
  const clauses = new Set(same.map((field) => clauseText(field.clause)));
  const found: Occurrence[] = [];
  for (const { node, clause } of same) {
    if (node.selectionSet)
      found.push({ selectionSet: node.selectionSet, clause: clauses.size > 1 ? clause : always });
  }
  return found;
}

/**
 * Fields in the order of their first node. Where that node is conditional and a later one is not under the same
 * condition, the field stands at each place, and the first place whose condition holds wins.
 */
function inOrder(
  collected: readonly CollectedField[],
  byKey: ReadonlyMap<string, readonly CollectedField[]>,
  specs: ReadonlyMap<string, FieldSpec>,
): FieldSpec[] {
  const ordered: FieldSpec[] = [];
  const placed = new Map<string, Set<string>>();
  for (const { node, clause } of collected) {
    const key = responseName(node);
    const spec = specs.get(key) as FieldSpec;
    const text = clauseText(clause);
    const places = placed.get(key);
    if (!places) {
      const single =
        new Set(byKey.get(key)?.map((field) => clauseText(field.clause))).size === 1 || text === '';
      placed.set(key, new Set(single ? ['', text] : [text]));
      ordered.push(single ? spec : withClause(spec, clause));
    } else if (!places.has(text) && !places.has('')) {
      places.add(text);
      ordered.push(withClause(spec, clause));
    }
  }
  return ordered;
}

function withClause(spec: FieldSpec, clause: Clause): FieldSpec {
  const { when: _, ...rest } = spec;
  return isAlways(clause) ? rest : { ...rest, when: [clause] };
}

function whenOf(clauses: readonly Clause[]): { when?: readonly Clause[] } {
  if (clauses.some(isAlways)) return {};
  const distinct = new Map(clauses.map((clause) => [clauseText(clause), clause]));
  return { when: [...distinct.values()] };
}

function isAlways(clause: Clause): boolean {
  return clause.yes.length === 0 && clause.no.length === 0;
}

/** @returns undefined where the directives can never hold together with `outer`. */
function and(outer: Clause, directives: readonly DirectiveNode[] | undefined): Clause | undefined {
  if (!directives?.length) return outer;
  const yes = new Set(outer.yes);
  const no = new Set(outer.no);
  for (const directive of directives) {
    const isInclude = directive.name.value === 'include';
    const variable = conditionVariable(directive);
    if (variable !== undefined) (isInclude ? yes : no).add(variable);
    else if (constantOf(directive) === !isInclude) return undefined;
  }
  for (const variable of yes) if (no.has(variable)) return undefined;
  return { yes: [...yes].sort(), no: [...no].sort() };
}

/** Under several conditions a field counts as asked for under none: a check too many is no harm. */
function within({ path, reach }: Place, key: string, same: readonly CollectedField[]): Place {
  const [first] = same;
  const isOne = first && same.every(({ clause }) => clauseText(clause) === clauseText(first.clause));
  const { yes, no } = isOne ? first.clause : always;
  return {
    path: [...path, key],
    reach: { yes: merged(reach.yes, yes), no: merged(reach.no, no) },
  };
}

function merged(one: readonly string[], other: readonly string[]): readonly string[] {
  return other.length === 0 ? one : [...new Set([...one, ...other])].sort();
}

function clauseText(clause: Clause): string {
  return isAlways(clause) ? '' : `${clause.yes.join()}!${clause.no.join()}`;
}

export function isSchemaField({ name }: FieldNode): boolean {
  return name.value === '__schema' || name.value === '__type';
}

function responseName(node: FieldNode): string {
  return node.alias?.value ?? node.name.value;
}

/** `[ID!]!` is `![!`. */
export function wrappersOf(type: unknown): string {
  if (isNonNullType(type)) return `!${wrappersOf(type.ofType)}`;
  if (isListType(type)) return `[${wrappersOf(type.ofType)}`;
  return '';
}
