/**
 * The arguments with which fields are required by `@requires`, where they differ: the planner fetches a field once at each
 * path, so of two fields that require it with different arguments one would get the value of the other.
 */

import {
  getNamedType,
  isAbstractType,
  isObjectType,
  Kind,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

import { argumentsText } from '../field-call.ts';

/** A field that is required, as seen from an object with the field that requires it. */
export interface Need {
  /** From that object, by response names: `.items.price`. */
  readonly path: string;
  readonly args: string;
  /** The object types that have the field there. */
  readonly types: ReadonlySet<string>;
  /** Whether it is a field of that object itself. */
  readonly isOwn: boolean;
  /** The object type whose field needs it ... */
  readonly owner: string;
  /** ... by this requirement. Where several subgraphs have the field, the planner fulfils that of one of them. */
  readonly requirement: SelectionSetNode;
}

type PlacedNeed = Omit<Need, 'owner' | 'requirement'>;

/** Of the objects of these types at that path. */
interface Position {
  readonly types: readonly string[];
  readonly path: string;
}

/** Requirements of fields, by coordinate: one for each subgraph that has the field. */
export type RequirementsByField = ReadonlyMap<string, readonly SelectionSetNode[]>;

export class RequiredArguments {
  readonly #schema: GraphQLSchema;
  readonly #requirements: RequirementsByField;
  /** Names of fields that are required with different arguments. */
  readonly #names: ReadonlySet<string>;
  readonly #needs = new Map<string, readonly Need[]>();

  /** @returns null where no field is required with different arguments: then nothing conflicts. */
  static of(schema: GraphQLSchema, requirements: RequirementsByField): RequiredArguments | null {
    const texts = new Map<string, string>();
    const names = new Set<string>();
    for (const field of requiredFields([...requirements.values()].flat())) {
      const name = field.name.value;
      const args = argumentsText(field);
      if (args !== (texts.get(name) ?? args)) names.add(name);
      texts.set(name, args);
    }
    return names.size === 0 ? null : new RequiredArguments(schema, requirements, names);
  }

  private constructor(schema: GraphQLSchema, requirements: RequirementsByField, names: ReadonlySet<string>) {
    this.#schema = schema;
    this.#requirements = requirements;
    this.#names = names;
  }

  /** What `field` of `type` requires, and what the required fields require themselves. @param type Also an abstract one. */
  needsOf(type: GraphQLNamedType, field: string): readonly Need[] {
    const coordinate = `${type.name}.${field}`;
    const cached = this.#needs.get(coordinate);
    if (cached) return cached;
    // Requirements have no circles, but a supergraph may be wrong.
    this.#needs.set(coordinate, []);
    const needs = this.#objectTypesOf(type).flatMap((owner) =>
      this.#requirementsOf(owner, field).flatMap(({ types, requirement }) =>
        [...this.#needsIn(requirement, { types, path: '' })].map((need) => ({ ...need, owner, requirement })),
      ),
    );
    this.#needs.set(coordinate, needs);
    return needs;
  }

  /** Those of an interface object, too, which the planner fulfils for all members. */
  #requirementsOf(
    owner: string,
    field: string,
  ): Array<{ readonly types: readonly string[]; readonly requirement: SelectionSetNode }> {
    const type = this.#schema.getType(owner);
    const interfaces = isObjectType(type) ? type.getInterfaces().map(({ name }) => name) : [];
    return [owner, ...interfaces].flatMap((name) =>
      (this.#requirements.get(`${name}.${field}`) ?? []).map((requirement) => ({
        types: this.#objectTypesNamed(name),
        requirement,
      })),
    );
  }

  *#needsIn({ selections }: SelectionSetNode, { types, path }: Position): Generator<PlacedNeed> {
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value;
        const possible = condition === undefined ? types : this.#objectTypesNamed(condition);
        const inner = types.filter((type) => possible.includes(type));
        yield* this.#needsIn(selection.selectionSet, { types: inner, path });
      } else if (selection.kind === Kind.FIELD) {
        yield* this.#needsOfField(selection, { types, path });
      }
    }
  }

  *#needsOfField(field: FieldNode, { types, path }: Position): Generator<PlacedNeed> {
    const name = field.name.value;
    const fieldPath = `${path}.${name}`;
    if (this.#names.has(name))
      yield { path: fieldPath, args: argumentsText(field), types: new Set(types), isOwn: path === '' };
    for (const type of types) {
      const owner = this.#schema.getType(type);
      if (!owner) continue;
      for (const need of this.needsOf(owner, name))
        yield { ...need, path: `${path}${need.path}`, isOwn: need.isOwn && path === '' };
    }
    if (!field.selectionSet) return;
    yield* this.#needsIn(field.selectionSet, { types: this.#typesOfField(types, name), path: fieldPath });
  }

  #typesOfField(types: readonly string[], field: string): string[] {
    const names = types.flatMap((name) => {
      const type = this.#schema.getType(name);
      const definition = isObjectType(type) ? type.getFields()[field] : undefined;
      return definition ? this.#objectTypesOf(getNamedType(definition.type)) : [];
    });
    return [...new Set(names)];
  }

  #objectTypesNamed(name: string): string[] {
    const type = this.#schema.getType(name);
    return type ? this.#objectTypesOf(type) : [];
  }

  #objectTypesOf(type: GraphQLNamedType): string[] {
    if (isAbstractType(type)) return this.#schema.getPossibleTypes(type).map(({ name }) => name);
    return [type.name];
  }
}

/**
 * Whether the planner would fetch one of them in place of both.
 *
 * @param isOneField Whether both are needed by one field of the operation.
 */
export function contradict(one: Need, other: Need, isOneField: boolean): boolean {
  if (one.path !== other.path || one.args === other.args) return false;
  if (isOneField && one.owner === other.owner && one.requirement !== other.requirement) return false;
  for (const type of one.types) if (other.types.has(type)) return true;
  // Further down, the planner merges selections whatever their type conditions.
  return !one.isOwn && !other.isOwn;
}

function* requiredFields(selectionSets: readonly SelectionSetNode[]): Generator<FieldNode> {
  for (const { selections } of selectionSets) {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) yield selection;
      if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet)
        yield* requiredFields([selection.selectionSet]);
    }
  }
}
