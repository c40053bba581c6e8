/** What a change of a field's type does to whoever reads the field: wrappers, named type, values and possible types. */

import {
  getNamedType,
  isAbstractType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  type GraphQLEnumType,
  type GraphQLNamedType,
  type GraphQLOutputType,
} from 'graphql';

import { affected, broken, type MemberReason } from './reasons.ts';
import type { RuntimeTypeSets } from './runtime-types.ts';

export interface OutputTypes {
  /** Of the field, such as `Product.price`. */
  readonly coordinate: string;
  readonly base: GraphQLOutputType;
  readonly head: GraphQLOutputType;
}

export function outputReasons(types: OutputTypes, sets: RuntimeTypeSets): MemberReason[] {
  const base = getNamedType(types.base);
  const head = getNamedType(types.head);
  const reasons = wrapperReasons(types);
  if (
    base.name !== head.name ||
    isLeafType(base) !== isLeafType(head) ||
    isEnumType(base) !== isEnumType(head)
  ) {
    reasons.push(typeChanged(types));
  } else if (isEnumType(base) && isEnumType(head)) {
    reasons.push(...enumReasons(types.coordinate, base, head));
  }
  if (isAbstractType(base) || isAbstractType(head)) reasons.push(...possibleTypeReasons(base, head, sets));
  return reasons;
}

function wrapperReasons(types: OutputTypes): MemberReason[] {
  const { coordinate } = types;
  const change = `${String(types.base)} is now ${String(types.head)}`;
  const reasons: MemberReason[] = [];
  let { base, head }: { base: GraphQLOutputType; head: GraphQLOutputType } = types;
  for (;;) {
    if (isNonNullType(base) && !isNonNullType(head)) {
      reasons.push(broken('became-nullable', coordinate, `${coordinate} became nullable: ${change}`));
    } else if (!isNonNullType(base) && isNonNullType(head)) {
      const message = `${coordinate} became non-null, so that a missing value nulls what is around it: ${change}`;
      reasons.push(affected('became-non-null', coordinate, message));
    }
    const baseNullable: GraphQLOutputType = isNonNullType(base) ? base.ofType : base;
    const headNullable: GraphQLOutputType = isNonNullType(head) ? head.ofType : head;
    if (!isListType(baseNullable) || !isListType(headNullable)) {
      if (isListType(baseNullable) || isListType(headNullable)) reasons.push(typeChanged(types));
      return reasons;
    }
    base = baseNullable.ofType;
    head = headNullable.ofType;
  }
}

function typeChanged({ coordinate, base, head }: OutputTypes): MemberReason {
  const change =
    String(base) === String(head)
      ? `${getNamedType(base).name} is another kind of type`
      : `${String(base)} is now ${String(head)}`;
  return broken('type-changed', coordinate, `The type of ${coordinate} changed: ${change}`);
}

function enumReasons(field: string, base: GraphQLEnumType, head: GraphQLEnumType): MemberReason[] {
  const added = head.getValues().filter(({ name }) => !base.getValue(name));
  const removed = base.getValues().filter(({ name }) => !head.getValue(name));
  return [
    ...added.map(({ name }) => {
      const message = `${field} may return the new value ${name} of ${base.name}`;
      return affected('enum-value-added', `${base.name}.${name}`, message);
    }),
    ...removed.map(({ name }) => {
      const message = `${field} can no longer return ${name}, which ${base.name} lost`;
      return affected('enum-value-no-longer-returned', `${base.name}.${name}`, message);
    }),
  ];
}

function possibleTypeReasons(
  base: GraphQLNamedType,
  head: GraphQLNamedType,
  sets: RuntimeTypeSets,
): MemberReason[] {
  const before = sets.possible('base', base.name);
  const after = sets.possible('head', head.name);
  const added = [...after].filter((name) => !before.has(name));
  const removed = [...before].filter((name) => !after.has(name));
  return [
    ...added.map((member) => {
      const message = `${member} may now be where ${head.name} is selected`;
      return { ...affected('possible-type-added', head.name, message), member };
    }),
    ...removed.map((member) => {
      const message = `${member} can no longer be where ${base.name} is selected`;
      return { ...affected('possible-type-removed', base.name, message), member };
    }),
  ];
}
