/**
 * The demands of `@authenticated`, `@requiresScopes` and `@policy` for each field and object of a supergraph, whatever
 * names it imports them under. Includes the demands of interfaces, of the field's type, and of fields from which the field
 * is computed (`@requires`, `@fromContext`).
 */

import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type ConstDirectiveNode,
  type ConstValueNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

import type { Alternatives, Demand } from '../../pipeline/authorization.ts';
import { directiveName } from '../supergraph/features.ts';
import type { JoinSpec } from '../supergraph/join-spec.ts';
import { selectionSetOf } from '../supergraph/requirements.ts';
import { allOf, anyOf, isDerived, normalized } from './demand-logic.ts';

export class Demands {
  readonly #schema: GraphQLSchema;
  readonly #joins: JoinSpec;
  readonly #own: ReadonlyMap<string, Demand>;
  readonly #contexts: Contexts;
  readonly #cache = new Map<string, Demand | null>();

  /** @param schema The full supergraph, including inaccessible elements. */
  constructor(supergraph: DocumentNode, schema: GraphQLSchema, joins: JoinSpec) {
    this.#schema = schema;
    this.#joins = joins;
    this.#own = ownDemands(supergraph);
    this.#contexts = readContexts(supergraph);
  }

  get isEmpty(): boolean {
    return this.#own.size === 0;
  }

  /** Distinct names of `@policy`. */
  get policies(): string[] {
    const names = [...this.#own.values()].flatMap(({ policies }) => policies.flat(2));
    return [...new Set(names)].sort();
  }

  /** For a field of this runtime type. */
  ofField(type: string, field: string): Demand | null {
    return this.#once(`${type}.${field}`, () => {
      const seen = new Map<string, Demand>();
      this.#field(type, field, seen);
      return allOf([...seen.values()]);
    });
  }

  /**
   * For an object of this runtime type, whatever fields are selected. Where a service knows it by an interface alone,
   * every possible type must be allowed.
   */
  ofObject(name: string): Demand | null {
    return this.#once(name, () => {
      const type = this.#schema.getType(name);
      const members = isInterfaceType(type) ? this.#schema.getPossibleTypes(type) : [];
      return allOf([type, ...members].flatMap((one) => this.#ofType(one)));
    });
  }

  #once(coordinate: string, read: () => Demand | null): Demand | null {
    let demand = this.#cache.get(coordinate);
    if (demand === undefined) this.#cache.set(coordinate, (demand = read()));
    return demand;
  }

  /** Adds the demands of a field to `seen`, by coordinate. */
  #field(typeName: string, field: string, seen: Map<string, Demand>): void {
    const coordinate = `${typeName}.${field}`;
    if (seen.has(coordinate)) return;
    const type = this.#schema.getType(typeName);
    const definition = type && 'getFields' in type ? type.getFields()[field] : undefined;
    if (!definition || !isCompositeType(type)) return;
    const own = [this.#own.get(coordinate), ...this.#ofType(getNamedType(definition.type))];
    if (isInterfaceType(type)) {
      // Its runtime type is unknown: every possible type must be allowed.
      for (const possible of this.#schema.getPossibleTypes(type)) this.#field(possible.name, field, seen);
    } else if (isObjectType(type)) {
      own.push(...this.#inherited(type, field));
      if (this.#isRoot(type)) own.push(...this.#ofType(type));
      if (type === this.#schema.getMutationType()) own.push(this.#ofAnyMember(getNamedType(definition.type)));
    }
    seen.set(coordinate, allOf(own) ?? noDemand);
    this.#inputs(type, field, seen);
  }

  /** Adds the demands of the fields from which this field is computed. */
  #inputs(type: GraphQLCompositeType, field: string, seen: Map<string, Demand>): void {
    const interfaces = 'getInterfaces' in type ? type.getInterfaces() : [];
    for (const { name } of [type, ...interfaces]) {
      for (const { requires } of this.#joins.fieldsOf(name, field)) {
        if (requires !== null) this.#selections(selectionSetOf(requires), type, seen);
      }
      for (const { context, selection } of this.#contexts.uses.get(`${name}.${field}`) ?? []) {
        for (const providerType of this.#contexts.types.get(context) ?? []) {
          this.#selections(selection, this.#schema.getType(providerType), seen);
        }
      }
    }
  }

  #selections(
    { selections }: SelectionSetNode,
    type: GraphQLNamedType | undefined,
    seen: Map<string, Demand>,
  ): void {
    if (!isCompositeType(type)) return;
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value;
        const narrowed = condition === undefined ? type : this.#schema.getType(condition);
        this.#selections(selection.selectionSet, narrowed, seen);
      } else if (selection.kind === Kind.FIELD) {
        this.#selected(selection, type, seen);
      }
    }
  }

  #selected(
    { name: { value: field }, selectionSet }: FieldNode,
    type: GraphQLCompositeType,
    seen: Map<string, Demand>,
  ): void {
    const possible = isAbstractType(type) ? this.#schema.getPossibleTypes(type) : [type];
    for (const objectType of possible) {
      const object = isAbstractType(type) ? this.ofObject(objectType.name) : null;
      if (object) seen.set(objectType.name, object);
      this.#field(objectType.name, field, seen);
    }
    const definition = 'getFields' in type ? type.getFields()[field] : undefined;
    if (definition && selectionSet) this.#selections(selectionSet, getNamedType(definition.type), seen);
  }

  /** The demands of the type itself, and those of its interfaces that are not derived from their members. */
  #ofType(type: GraphQLNamedType | undefined): Array<Demand | undefined> {
    if (!type) return [];
    if (isInterfaceType(type)) return [this.#beyondMembers(type)];
    const inherited = isObjectType(type)
      ? type.getInterfaces().map((parent) => this.#beyondMembers(parent))
      : [];
    return [this.#own.get(type.name), ...inherited];
  }

  /** A mutation must not be executed for somebody who lacks what every object that it can return demands. */
  #ofAnyMember(type: GraphQLNamedType): Demand | undefined {
    if (!isAbstractType(type)) return undefined;
    const members = this.#schema.getPossibleTypes(type).map(({ name }) => this.ofObject(name));
    return anyOf(members) ?? undefined;
  }

  #inherited(type: GraphQLObjectType, field: string): Array<Demand | undefined> {
    return type.getInterfaces().map((parent) => this.#beyondMembers(parent, field));
  }

  /**
   * Composition gives an interface the combined demands of its members, which must not apply to members with fewer
   * demands. Demands that are declared on the interface itself apply to every member.
   */
  #beyondMembers(type: GraphQLInterfaceType, field?: string): Demand | undefined {
    const suffix = field === undefined ? '' : `.${field}`;
    const own = this.#own.get(`${type.name}${suffix}`);
    if (!own) return undefined;
    const members = this.#schema
      .getPossibleTypes(type)
      .flatMap(({ name }) => this.#own.get(`${name}${suffix}`) ?? []);
    return isDerived(own, members) ? undefined : own;
  }

  #isRoot(type: GraphQLObjectType): boolean {
    const schema = this.#schema;
    return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].includes(type);
  }
}

const noDemand: Demand = { authenticated: false, scopes: [], policies: [] };

/** By type or Type.field. */
function ownDemands(supergraph: DocumentNode): Map<string, Demand> {
  const own = new Map<string, Demand>();
  const read = demandReader(supergraph);
  if (!read) return own;
  const add = (coordinate: string, directives: readonly ConstDirectiveNode[] | undefined): void => {
    const demand = read(directives ?? []);
    const all = allOf([own.get(coordinate), demand]);
    if (all) own.set(coordinate, all);
  };
  for (const definition of supergraph.definitions) {
    if (!('name' in definition) || !definition.name) continue;
    const name = definition.name.value;
    if ('directives' in definition && definition.kind !== Kind.OPERATION_DEFINITION) {
      add(name, definition.directives as readonly ConstDirectiveNode[] | undefined);
    }
    const hasFields =
      definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION;
    if (!hasFields) continue;
    for (const field of definition.fields ?? []) add(`${name}.${field.name.value}`, field.directives);
  }
  return own;
}

type ReadDemand = (directives: readonly ConstDirectiveNode[]) => Demand;

/** @returns undefined where the supergraph links none of the directives. */
function demandReader(supergraph: DocumentNode): ReadDemand | undefined {
  const authenticated = directiveName(supergraph, 'authenticated');
  const requiresScopes = directiveName(supergraph, 'requiresScopes');
  const policy = directiveName(supergraph, 'policy');
  if (authenticated === undefined && requiresScopes === undefined && policy === undefined) return undefined;
  return (directives) => ({
    authenticated: directives.some(({ name }) => name.value === authenticated),
    scopes: alternativesOf(directives, requiresScopes, 'scopes'),
    policies: alternativesOf(directives, policy, 'policies'),
  });
}

function alternativesOf(
  directives: readonly ConstDirectiveNode[],
  name: string | undefined,
  argument: string,
): Alternatives[] {
  return directives
    .filter((directive) => directive.name.value === name)
    .map((directive) => {
      const value = directive.arguments?.find((node) => node.name.value === argument)?.value;
      return normalized(listOf(value).map((inner) => listOf(inner).flatMap(textOf)));
    });
}

/** A single value is coerced to a list. */
function listOf(value: ConstValueNode | undefined): readonly ConstValueNode[] {
  if (!value) return [];
  return value.kind === Kind.LIST ? value.values : [value];
}

function textOf(value: ConstValueNode): string[] {
  return value.kind === Kind.STRING ? [value.value] : [];
}

interface Contexts {
  /** Types with `@context`, by the name of the context. */
  readonly types: ReadonlyMap<string, readonly string[]>;
  /** By coordinate of a field with a context argument. */
  readonly uses: ReadonlyMap<
    string,
    ReadonlyArray<{ readonly context: string; readonly selection: SelectionSetNode }>
  >;
}

function readContexts(supergraph: DocumentNode): Contexts {
  const types = new Map<string, string[]>();
  const uses = new Map<string, Array<{ context: string; selection: SelectionSetNode }>>();
  const contextDirective = directiveName(supergraph, 'context');
  for (const definition of supergraph.definitions) {
    if (
      definition.kind !== Kind.OBJECT_TYPE_DEFINITION &&
      definition.kind !== Kind.INTERFACE_TYPE_DEFINITION &&
      definition.kind !== Kind.UNION_TYPE_DEFINITION
    )
      continue;
    for (const directive of definition.directives ?? []) {
      if (directive.name.value !== contextDirective) continue;
      const [name] = textArgument(directive.arguments?.find((node) => node.name.value === 'name')?.value);
      if (name !== undefined) types.set(name, [...(types.get(name) ?? []), definition.name.value]);
    }
    if (definition.kind === Kind.UNION_TYPE_DEFINITION) continue;
    for (const field of definition.fields ?? []) {
      const contextUses = (field.directives ?? []).flatMap(contextArguments);
      if (contextUses.length > 0) uses.set(`${definition.name.value}.${field.name.value}`, contextUses);
    }
  }
  return { types, uses };
}

/** `@join__field(contextArguments: [{ context: "shop", selection: "{ factor }" }])` */
function contextArguments({
  arguments: values = [],
}: ConstDirectiveNode): Array<{ context: string; selection: SelectionSetNode }> {
  const lists = values.filter(({ name }) => name.value === 'contextArguments');
  return lists.flatMap(({ value }) =>
    listOf(value).flatMap((element) => {
      if (element.kind !== Kind.OBJECT) return [];
      const fieldOf = (name: string): ConstValueNode | undefined =>
        element.fields.find((field) => field.name.value === name)?.value;
      const [context] = textArgument(fieldOf('context'));
      const [selection] = textArgument(fieldOf('selection'));
      if (context === undefined || selection === undefined) return [];
      return [{ context, selection: selectionSetOf(unbraced(selection)) }];
    }),
  );
}

function unbraced(selection: string): string {
  return /^\s*\{([\s\S]*)\}\s*$/.exec(selection)?.[1] ?? selection;
}

function textArgument(value: ConstValueNode | undefined): string[] {
  return value ? textOf(value) : [];
}
