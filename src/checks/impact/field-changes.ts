/** What changed in fields of object types, and in all that a selection of an interface may stand for. */

import {
  getNamedType,
  isInterfaceType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';

import { sameDefault } from './defaults.ts';
import { inputTypeChange, type InputTypes } from './input-types.ts';
import { outputReasons } from './output-types.ts';
import type { RuntimeTypes, RuntimeTypeSets } from './runtime-types.ts';
import type { MemberReason } from './reasons.ts';

/** The arguments of one field or directive. */
export interface ArgumentLists {
  /** Of what they belong to, such as `Query.products` or `@live`. */
  readonly owner: string;
  readonly base: readonly GraphQLArgument[];
  readonly head: readonly GraphQLArgument[];
}

export interface FieldChanges {
  /** Of its output. */
  readonly reasons: readonly MemberReason[];
  /** Of which something changed, if only below their types. */
  readonly changedArguments: readonly ArgumentLists[];
  /** Object types that it may return, before and after. */
  readonly children: RuntimeTypes;
}

export function fieldOf(
  type: GraphQLNamedType | undefined,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

export interface FieldChangesOptions {
  readonly base: GraphQLSchema;
  readonly head: GraphQLSchema;
  readonly sets: RuntimeTypeSets;
  readonly inputTypes: InputTypes;
}

export class FieldChangesByType {
  readonly #options: FieldChangesOptions;
  readonly #ofPairs = new Map<string, FieldChanges>();
  readonly #ofSets = new Map<string, FieldChanges>();

  constructor(options: FieldChangesOptions) {
    this.#options = options;
  }

  /** Of a field of one type, which may have another name in the head. A field that is missing has no changes. */
  ofType(baseName: string, headName: string, fieldName: string): FieldChanges {
    const key = `${baseName} ${headName} ${fieldName}`;
    let changes = this.#ofPairs.get(key);
    if (!changes) this.#ofPairs.set(key, (changes = this.#compare(baseName, headName, fieldName)));
    return changes;
  }

  /** Of a field of all object types of a set together. */
  ofTypes(types: RuntimeTypes, fieldName: string): FieldChanges {
    const key = `${types.id} ${fieldName}`;
    let changes = this.#ofSets.get(key);
    if (!changes) {
      const each = types.names.map((name) => this.ofType(name, name, fieldName));
      changes = {
        reasons: each.flatMap(({ reasons }) => reasons),
        changedArguments: each.flatMap(({ changedArguments }) => changedArguments),
        children: this.#options.sets.setOf(each.flatMap(({ children }) => children.names)),
      };
      this.#ofSets.set(key, changes);
    }
    return changes;
  }

  argumentsChanged({ base, head }: Omit<ArgumentLists, 'owner'>): boolean {
    if (base.length !== head.length) return true;
    const headByName = new Map(head.map((argument) => [argument.name, argument]));
    return base.some((argument) => {
      const after = headByName.get(argument.name);
      return (
        !after ||
        inputTypeChange(argument.type, after.type) !== 'same' ||
        !sameDefault(argument, after) ||
        this.#options.inputTypes.differs(getNamedType(argument.type).name)
      );
    });
  }

  #compare(baseName: string, headName: string, fieldName: string): FieldChanges {
    const { base, head, sets } = this.#options;
    const before = fieldOf(base.getType(baseName), fieldName);
    const after = fieldOf(head.getType(headName), fieldName);
    const owner = `${baseName}.${fieldName}`;
    if (!before || !after) return { reasons: [], changedArguments: [], children: sets.setOf([]) };
    const possibleBefore = sets.possible('base', getNamedType(before.type).name);
    const possibleAfter = sets.possible('head', getNamedType(after.type).name);
    const lists = { owner, base: before.args, head: after.args };
    return {
      reasons: outputReasons({ coordinate: owner, base: before.type, head: after.type }, sets),
      changedArguments: this.argumentsChanged(lists) ? [lists] : [],
      children: sets.setOf([...possibleBefore].filter((name) => possibleAfter.has(name))),
    };
  }
}
