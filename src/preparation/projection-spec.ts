/**
 * Builds the projection of an operation as shapes: CollectFields of GraphQL, once per runtime type, with conditions kept.
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
  isObjectType,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';

import type { Clause } from '../pipeline/clause.ts';
import type {
  FieldSpec,
  FieldValue,
  ProjectionSpec,
  Shape,
  ShapeCase,
  UnresolvedType,
} from '../pipeline/prepared.ts';
import { emptyRecord } from '../shared/records.ts';
import { responseName } from '../shared/selections.ts';
import {
  always,
  anyOf,
  clauseText,
  FieldCollector,
  isAlways,
  occurrencesOf,
  type Occurrence,
} from './collect-fields.ts';
import { hiddenTypesOf, hiddenValuesOf } from './contract/hidden-members.ts';
import { fieldLocationsOf, type CollectedField } from './field-places.ts';
import type { CheckList, Location, RuntimeType } from './protection/check-list.ts';
import type { InternalName } from './planner-fixes/renaming.ts';
import type { LoadedSupergraph } from './supergraph/supergraph.ts';
import { wrappersOf } from './type-wrappers.ts';

/** Runtime types with the same fields in the answer. */
interface CaseGroup {
  readonly types: string[];
  /** The first of them. */
  readonly type: RuntimeType;
  readonly collected: readonly CollectedField[];
}

/** A field of schema introspection, at any level of the operation. */
export interface SchemaField {
  /** Its key in the introspection result. */
  readonly key: string;
  readonly selections: readonly CollectedField[];
}

const rootLocation: Location = { path: [], reach: always };

const metaFields: ReadonlyMap<string, GraphQLField<unknown, unknown>> = new Map(
  [TypeNameMetaFieldDef, SchemaMetaFieldDef, TypeMetaFieldDef].map((field) => [field.name, field]),
);

export interface ProjectionTerms {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly nameOf: InternalName;
  /** Null: nothing is guarded. */
  readonly checks: CheckList | null;
  /** The schema with the hidden members that are left out of lists. Null: they become null. */
  readonly dropHiddenOf: GraphQLSchema | null;
}

export class ProjectionBuilder {
  readonly #schema: GraphQLSchema;
  readonly #interfaceObjects: readonly string[];
  readonly #collector: FieldCollector;
  readonly #nameOf: InternalName;
  readonly #checks: CheckList | null;
  readonly #dropHiddenOf: GraphQLSchema | null;
  readonly #shapes: Shape[] = [];
  readonly #enums: Record<string, readonly string[]> = emptyRecord();
  readonly #hiddenValues: Record<string, readonly string[]> = emptyRecord();
  readonly #schemaFields: SchemaField[] = [];

  constructor(
    { schema, interfaceObjects }: Pick<LoadedSupergraph, 'schema' | 'interfaceObjects'>,
    { fragments, nameOf, checks, dropHiddenOf }: ProjectionTerms,
  ) {
    this.#dropHiddenOf = dropHiddenOf;
    this.#checks = checks;
    this.#schema = schema;
    this.#interfaceObjects = interfaceObjects;
    this.#collector = new FieldCollector(schema, fragments);
    this.#nameOf = nameOf;
  }

  build(operation: OperationDefinitionNode, root: GraphQLObjectType): ProjectionSpec {
    this.#shapeOf(root, [{ selectionSet: operation.selectionSet, clause: always }], rootLocation);
    const hiddenValues = this.#dropHiddenOf ? { hiddenValues: this.#hiddenValues } : {};
    return { shapes: this.#shapes, enums: this.#enums, ...hiddenValues };
  }

  /** Each `__schema` and `__type` of the operation: at the root, and below fields of the query type. */
  get schemaFields(): readonly SchemaField[] {
    return this.#schemaFields;
  }

  /** The field nodes of the root, in order. */
  collectRoot(operation: OperationDefinitionNode, root: GraphQLObjectType): CollectedField[] {
    return this.#collector.collect(root, [{ selectionSet: operation.selectionSet, clause: always }]);
  }

  #shapeOf(type: GraphQLCompositeType, occurrences: readonly Occurrence[], location: Location): number {
    const index = this.#shapes.length;
    this.#shapes.push({ type: type.name, isObject: isObjectType(type), cases: [] });
    const groups = new Map<string, CaseGroup>();
    const runtimeTypes = this.#runtimeTypes(type);
    for (const possible of runtimeTypes) {
      const collected = this.#collector.collect(possible, occurrences);
      const signature = runtimeTypes.length > 1 ? this.#signatureOf(type, possible, collected) : '';
      const group = groups.get(signature);
      if (group) group.types.push(possible.name);
      else groups.set(signature, { types: [possible.name], type: possible, collected });
    }
    const cases = [...groups.values()].map((group): ShapeCase => ({
      types: group.types,
      fields: this.#fieldsOf(group, location),
      ...this.#checkOfObjects(type, group.types, location),
    }));
    const hiddenTypes = this.#dropHiddenOf && hiddenTypesOf(type.name, this.#schema, this.#dropHiddenOf);
    const unresolved = this.#unresolvedTypes(type, occurrences);
    this.#shapes[index] = {
      type: type.name,
      isObject: isObjectType(type),
      cases,
      ...(hiddenTypes ? { hiddenTypes } : {}),
      ...(unresolved.length > 0 ? { unresolved } : {}),
    };
    return index;
  }

  /** Object types, and interfaces whose name an interface object has as `__typename` if its runtime type is not fetched. */
  #runtimeTypes(type: GraphQLCompositeType): RuntimeType[] {
    if (!isAbstractType(type)) return [type];
    return [...this.#schema.getPossibleTypes(type), ...this.#interfaceObjectsOf(type)];
  }

  #interfaceObjectsOf(type: GraphQLCompositeType): GraphQLInterfaceType[] {
    if (!isAbstractType(type)) return [];
    return this.#interfaceObjects
      .map((name) => this.#schema.getType(name))
      .filter(isInterfaceType)
      .filter((candidate) => candidate === type || this.#schema.isSubType(type, candidate));
  }

  /** Where `__typename` or a field of some members is selected, what the interface's own name gives is no answer. */
  #unresolvedTypes(type: GraphQLCompositeType, occurrences: readonly Occurrence[]): UnresolvedType[] {
    return this.#interfaceObjectsOf(type).flatMap((candidate): UnresolvedType[] => {
      const common = this.#collector.collect(candidate, occurrences);
      const commonTexts = new Set(common.map(textOf));
      const depending = [
        ...common.filter(({ node }) => node.name.value === '__typename'),
        ...this.#schema
          .getPossibleTypes(candidate)
          .flatMap((member) => this.#collector.collect(member, occurrences))
          .filter((field) => !commonTexts.has(textOf(field))),
      ];
      if (depending.length === 0) return [];
      const when = anyOf(depending.map(({ clause }) => clause));
      return [{ type: candidate.name, ...(when ? { when } : {}) }];
    });
  }

  #addEnum(type: GraphQLEnumType): void {
    this.#enums[type.name] ??= type.getValues().map(({ name }) => name);
    const hidden = this.#dropHiddenOf && hiddenValuesOf(type, this.#dropHiddenOf);
    if (hidden) this.#hiddenValues[type.name] = hidden;
  }

  /** Runtime types with the same signature have the same field nodes with the same types. */
  #signatureOf(
    declared: GraphQLCompositeType,
    type: RuntimeType,
    collected: readonly CollectedField[],
  ): string {
    const fields = collected.map(
      ({ node, clause }) =>
        `${textOf({ node, clause })}:${String(this.#typeOf(type, node))}:${this.#checks?.ofField(type, node)}`,
    );
    const guard = isAbstractType(declared) ? this.#checks?.ofObject(type.name) : undefined;
    return `${guard} ${fields.join()}`;
  }

  /** For abstract types only: demands on an object type are part of the check of the field that returns it. */
  #checkOfObjects(
    declared: GraphQLCompositeType,
    types: readonly string[],
    location: Location,
  ): { check?: number } {
    if (!this.#checks || !isAbstractType(declared)) return {};
    const check = this.#checks.ofObject(types[0] as string);
    if (check === undefined) return {};
    for (const type of types) this.#checks.addOccurrence(check, type, location);
    return { check };
  }

  #checkOf({ type, types }: CaseGroup, node: FieldNode, location: Location): { check?: number } {
    const check = this.#checks?.ofField(type, node);
    if (check === undefined) return {};
    for (const name of types) this.#checks?.addOccurrence(check, `${name}.${node.name.value}`, location);
    return { check };
  }

  #fieldsOf(group: CaseGroup, location: Location): FieldSpec[] {
    const { collected } = group;
    const byKey = new Map<string, CollectedField[]>();
    for (const field of collected) {
      const key = responseName(field.node);
      const nodes = byKey.get(key);
      if (nodes) nodes.push(field);
      else byKey.set(key, [field]);
    }
    const specs = new Map<string, FieldSpec>();
    for (const [key, nodes] of byKey) specs.set(key, this.#fieldOf(group, nodes, location));
    return inOrder(collected, byKey, specs);
  }

  #fieldOf(group: CaseGroup, nodes: readonly CollectedField[], parent: Location): FieldSpec {
    const { type } = group;
    const first = nodes[0] as CollectedField;
    const declared = this.#typeOf(type, first.node);
    const key = responseName(first.node);
    const location = this.#checks ? within(parent, key, nodes) : parent;
    const when = anyOf(nodes.map((field) => field.clause));
    return {
      key,
      from: isSchemaField(first.node) ? this.#schemaField(nodes) : this.#nameOf(first.node),
      name: `${type.name}.${first.node.name.value}`,
      wrappers: wrappersOf(declared),
      value: this.#valueOf(declared, nodes, location),
      at: fieldLocationsOf(nodes),
      ...(when ? { when } : {}),
      ...this.#checkOf(group, first.node, location),
    };
  }

  /** With a unique key: its response name may occur elsewhere with another selection. */
  #schemaField(selections: readonly CollectedField[]): string {
    const key = `schema${this.#schemaFields.length}`;
    this.#schemaFields.push({ key, selections });
    return key;
  }

  #valueOf(declared: GraphQLOutputType, nodes: readonly CollectedField[], location: Location): FieldValue {
    const [first] = nodes;
    if (first?.node.name.value === '__typename') return { is: 'typename' };
    if (first && isSchemaField(first.node)) return { is: 'introspection' };
    const named = getNamedType(declared);
    if (isEnumType(named)) {
      this.#addEnum(named);
      return { is: 'enum', type: named.name };
    }
    if (isLeafType(named)) return { is: 'scalar', type: named.name };
    return { is: 'object', shape: this.#shapeOf(named, occurrencesOf(nodes), location) };
  }

  #typeOf(type: RuntimeType, node: FieldNode): GraphQLOutputType {
    const name = node.name.value;
    const field = metaFields.get(name) ?? type.getFields()[name];
    if (!field) throw new Error(`No field ${type.name}.${name}: the document was not validated`);
    return field.type;
  }
}

/**
 * Fields in the order of their first node. If that node is conditional and a later one has another condition, the field
 * is listed at each position, and the first position whose condition holds wins.
 */
function inOrder(
  collected: readonly CollectedField[],
  byKey: ReadonlyMap<string, readonly CollectedField[]>,
  specs: ReadonlyMap<string, FieldSpec>,
): FieldSpec[] {
  if (byKey.size === collected.length) {
    return [...specs.values()];
  }
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

function textOf({ node, clause }: CollectedField): string {
  return `${node.loc?.start}:${clauseText(clause)}`;
}

/** A field with several conditions counts as unconditional: an unneeded check does no harm. */
function within({ path, reach }: Location, key: string, nodes: readonly CollectedField[]): Location {
  const [first] = nodes;
  const isOne = first && nodes.every(({ clause }) => clauseText(clause) === clauseText(first.clause));
  const { yes, no } = isOne ? first.clause : always;
  return {
    path: [...path, key],
    reach: { yes: merged(reach.yes, yes), no: merged(reach.no, no) },
  };
}

function merged(one: readonly string[], other: readonly string[]): readonly string[] {
  return other.length === 0 ? one : [...new Set([...one, ...other])].sort();
}

export function isSchemaField({ name }: FieldNode): boolean {
  return name.value === '__schema' || name.value === '__type';
}
