/**
 * Which object types may be at a position of an answer, in both schemas.
 *
 * Sets are interned, so that what follows from a set is computed once for each pair of schemas, not for each operation.
 */

import { isAbstractType, isObjectType, type GraphQLSchema } from 'graphql';

/** Names of object types of both schemas. Equal sets are the same object. */
export interface RuntimeTypes {
  readonly id: number;
  readonly names: readonly string[];
}

/** A set, narrowed by a type condition. */
export interface NarrowedTypes {
  /** To which the condition applies in both schemas. */
  readonly types: RuntimeTypes;
  /** To which it applies in the base only. */
  readonly lost: readonly string[];
  /** To which it applies in the head only. */
  readonly gained: readonly string[];
}

export type Side = 'base' | 'head';

export class RuntimeTypeSets {
  readonly #schemas: Readonly<Record<Side, GraphQLSchema>>;
  readonly #sets = new Map<string, RuntimeTypes>();
  readonly #possible = { base: new Map<string, Set<string>>(), head: new Map<string, Set<string>>() };
  readonly #overlaps = new Map<string, boolean>();
  readonly #narrowed = new Map<string, NarrowedTypes>();

  constructor(base: GraphQLSchema, head: GraphQLSchema) {
    this.#schemas = { base, head };
  }

  setOf(names: Iterable<string>): RuntimeTypes {
    const sorted = [...new Set(names)].toSorted();
    const key = sorted.join(' ');
    let set = this.#sets.get(key);
    if (!set) this.#sets.set(key, (set = { id: this.#sets.size, names: sorted }));
    return set;
  }

  /** Object types that a value of the type may have in one of the schemas; empty for leaf types and unknown names. */
  possible(side: Side, typeName: string): ReadonlySet<string> {
    const cache = this.#possible[side];
    let names = cache.get(typeName);
    if (!names) {
      const schema = this.#schemas[side];
      const type = schema.getType(typeName);
      if (isObjectType(type)) names = new Set([typeName]);
      else if (isAbstractType(type)) names = new Set(schema.getPossibleTypes(type).map(({ name }) => name));
      else names = new Set();
      cache.set(typeName, names);
    }
    return names;
  }

  /** Whether a value may have both types; as validation sees it, also of one type that nothing implements. */
  overlap(side: Side, typeName: string, otherName: string): boolean {
    const key = `${side} ${typeName} ${otherName}`;
    let overlaps = this.#overlaps.get(key);
    if (overlaps === undefined) {
      const others = this.possible(side, otherName);
      overlaps =
        typeName === otherName || [...this.possible(side, typeName)].some((name) => others.has(name));
      this.#overlaps.set(key, overlaps);
    }
    return overlaps;
  }

  narrow(types: RuntimeTypes, condition: string): NarrowedTypes {
    const key = `${types.id} ${condition}`;
    let narrowed = this.#narrowed.get(key);
    if (!narrowed) {
      const before = this.possible('base', condition);
      const after = this.possible('head', condition);
      narrowed = {
        types: this.setOf(types.names.filter((name) => before.has(name) && after.has(name))),
        lost: types.names.filter((name) => before.has(name) && !after.has(name)),
        gained: types.names.filter((name) => !before.has(name) && after.has(name)),
      };
      this.#narrowed.set(key, narrowed);
    }
    return narrowed;
  }
}
