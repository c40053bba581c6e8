/**
 * What changed in the input types that a value may be made of, wherever its parts are. For values of variables, which are
 * not in a document: only values that the base accepts are considered.
 */

import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';

import { sameDefault } from './defaults.ts';
import { affected, type MemberReason } from './reasons.ts';

/**
 * What became of a type at an input position, for values that fitted it: `relaxed`: null fits now; `restricted`: null no
 * longer does, at any level of its lists; `changed`: lists or the named type.
 */
export type InputTypeChange = 'same' | 'relaxed' | 'restricted' | 'changed';

export function inputTypeChange(base: GraphQLInputType, head: GraphQLInputType): InputTypeChange {
  const restricted = !isNonNullType(base) && isNonNullType(head);
  const relaxed = isNonNullType(base) && !isNonNullType(head);
  const baseNullable = isNonNullType(base) ? base.ofType : base;
  const headNullable = isNonNullType(head) ? head.ofType : head;
  let inner: InputTypeChange;
  if (isListType(baseNullable) && isListType(headNullable)) {
    inner = inputTypeChange(baseNullable.ofType, headNullable.ofType);
  } else {
    inner = String(baseNullable) === String(headNullable) ? 'same' : 'changed';
  }
  if (inner === 'changed' || inner === 'restricted') return inner;
  if (restricted) return 'restricted';
  return relaxed ? 'relaxed' : inner;
}

export class InputTypes {
  readonly #base: GraphQLSchema;
  readonly #head: GraphQLSchema;
  readonly #ownChanges = new Map<string, readonly MemberReason[]>();
  readonly #changes = new Map<string, readonly MemberReason[]>();
  readonly #differs = new Map<string, boolean>();
  readonly #reachable = new Map<string, readonly string[]>();
  readonly #coordinates = new Map<string, readonly string[]>();

  constructor(base: GraphQLSchema, head: GraphQLSchema) {
    this.#base = base;
    this.#head = head;
  }

  /** Of a named type of the base and all that its values may contain. New optional fields and enum values are none. */
  changesOf(typeName: string): readonly MemberReason[] {
    let changes = this.#changes.get(typeName);
    if (!changes) {
      changes = this.#reachableFrom(typeName).flatMap((name) => this.#ownChangesOf(name));
      this.#changes.set(typeName, changes);
    }
    return changes;
  }

  /**
   * Whether values in documents can be taken otherwise: also by fields that accept null now, which a variable with a
   * default may bring there.
   */
  differs(typeName: string): boolean {
    let differs = this.#differs.get(typeName);
    if (differs === undefined) {
      differs =
        this.changesOf(typeName).length > 0 ||
        this.#reachableFrom(typeName).some((name) =>
          hasRelaxedField(this.#base.getType(name), this.#head.getType(name)),
        );
      this.#differs.set(typeName, differs);
    }
    return differs;
  }

  /** Types, input fields and enum values of the base that a value of the type may be made of. */
  coordinatesOf(typeName: string): readonly string[] {
    let coordinates = this.#coordinates.get(typeName);
    if (!coordinates) {
      coordinates = this.#reachableFrom(typeName).flatMap((name) => [
        name,
        ...membersOf(this.#base.getType(name)).map((member) => `${name}.${member}`),
      ]);
      this.#coordinates.set(typeName, coordinates);
    }
    return coordinates;
  }

  #reachableFrom(typeName: string): readonly string[] {
    let names = this.#reachable.get(typeName);
    if (!names) {
      const reached = new Set([typeName]);
      // A set yields what is added to it meanwhile.
      for (const name of reached) {
        const type = this.#base.getType(name);
        if (!isInputObjectType(type)) continue;
        for (const field of Object.values(type.getFields())) reached.add(getNamedType(field.type).name);
      }
      this.#reachable.set(typeName, (names = [...reached]));
    }
    return names;
  }

  #ownChangesOf(typeName: string): readonly MemberReason[] {
    let changes = this.#ownChanges.get(typeName);
    if (!changes) {
      changes = typeChanges(this.#base.getType(typeName), this.#head.getType(typeName));
      this.#ownChanges.set(typeName, changes);
    }
    return changes;
  }
}

function hasRelaxedField(base: GraphQLNamedType | undefined, head: GraphQLNamedType | undefined): boolean {
  if (!isInputObjectType(base) || !isInputObjectType(head)) return false;
  const headFields = head.getFields();
  return Object.values(base.getFields()).some(({ name, type }) => {
    const field = headFields[name];
    return field !== undefined && inputTypeChange(type, field.type) === 'relaxed';
  });
}

function membersOf(type: GraphQLNamedType | undefined): readonly string[] {
  if (isInputObjectType(type)) return Object.keys(type.getFields());
  return isEnumType(type) ? type.getValues().map(({ name }) => name) : [];
}

function typeChanges(
  base: GraphQLNamedType | undefined,
  head: GraphQLNamedType | undefined,
): readonly MemberReason[] {
  if (!base) return [];
  if (!head) return [unknown('type-removed', base.name, `${base.name} was removed`)];
  if (isInputObjectType(base) && isInputObjectType(head)) return inputObjectChanges(base, head);
  if (isEnumType(base) && isEnumType(head)) {
    const removed = base.getValues().filter(({ name }) => !head.getValue(name));
    return removed.map(({ name }) => {
      const coordinate = `${base.name}.${name}`;
      return unknown('enum-value-removed', coordinate, `${coordinate} was removed`);
    });
  }
  const isSame = isInputType(base) && isInputType(head) && isSameKind(base, head);
  return isSame ? [] : [unknown('type-changed', base.name, `${base.name} is another kind of type`)];
}

/** Whether a literal of one is read like one of the other, but for names and fields. */
export function isSameKind(base: GraphQLInputType, head: GraphQLInputType): boolean {
  return (
    isInputObjectType(base) === isInputObjectType(head) &&
    isEnumType(base) === isEnumType(head) &&
    isListType(base) === isListType(head)
  );
}

function inputObjectChanges(base: GraphQLInputObjectType, head: GraphQLInputObjectType): MemberReason[] {
  const changes: MemberReason[] = [];
  const headFields = head.getFields();
  const baseFields = base.getFields();
  if (base.isOneOf !== head.isOneOf) {
    const text = head.isOneOf ? 'takes exactly one field now' : 'no longer takes exactly one field';
    changes.push(
      unknown(head.isOneOf ? 'one-of-added' : 'one-of-removed', base.name, `${base.name} ${text}`),
    );
  }
  for (const field of Object.values(baseFields)) {
    const coordinate = `${base.name}.${field.name}`;
    const headField = headFields[field.name];
    if (headField) changes.push(...inputFieldChanges(coordinate, field, headField));
    else changes.push(unknown('input-field-removed', coordinate, `${coordinate} was removed`));
  }
  for (const field of Object.values(headFields)) {
    if (baseFields[field.name]) continue;
    const coordinate = `${base.name}.${field.name}`;
    if (isRequiredInputField(field)) {
      const message = `${coordinate} was added and is required`;
      changes.push(unknown('required-input-field-added', coordinate, message));
    } else if (field.defaultValue !== undefined) {
      const message = `${coordinate} was added with a default`;
      changes.push(unknown('input-field-default-added', coordinate, message));
    }
  }
  return changes;
}

function inputFieldChanges(
  coordinate: string,
  base: GraphQLInputField,
  head: GraphQLInputField,
): MemberReason[] {
  const changes: MemberReason[] = [];
  const change = `${String(base.type)} is now ${String(head.type)}`;
  const typeChange = inputTypeChange(base.type, head.type);
  if (typeChange === 'changed') {
    const message = `The type of ${coordinate} changed: ${change}`;
    changes.push(unknown('input-field-type-changed', coordinate, message));
  } else if (typeChange === 'restricted') {
    const message = `${coordinate} no longer accepts null: ${change}`;
    changes.push(unknown('input-field-became-non-null', coordinate, message));
  }
  // Whoever must pass a value meets no default.
  if (!isRequiredInputField(base) && !sameDefault(base, head)) {
    changes.push(unknown('default-changed', coordinate, `The default of ${coordinate} changed`));
  }
  return changes;
}

function unknown(code: string, coordinate: string, message: string): MemberReason {
  return affected(code, coordinate, `${message} (values unknown)`);
}
