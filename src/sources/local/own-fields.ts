/**
 * Fields that are called as members of `Object.prototype` are, in graphql-js: it reads fields of records and of input
 * objects as properties, so that one which is not there is the inherited function.
 */

import {
  defaultFieldResolver,
  isInputObjectType,
  isObjectType,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql';

import { isRecord, recordOf } from '../../shared/records.ts';

/** Changes `schema` where it has such fields. */
export function setOwnFields(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (isInherited(field.name)) field.resolve ??= ownFieldResolver;
    }
  }
}

/** As graphql-js does, for what somebody put there. */
// oxlint-disable-next-line max-params -- a resolver of graphql-js
export const ownFieldResolver: GraphQLFieldResolver<unknown, unknown> = (source, args, context, info) => {
  const { fieldName } = info;
  const isMissing =
    isInherited(fieldName) &&
    typeof source === 'object' &&
    source !== null &&
    !Object.hasOwn(source, fieldName) &&
    // A class may have a method of that name, and has a constructor anyway.
    (fieldName === 'constructor' ||
      Reflect.get(source, fieldName) === Reflect.get(Object.prototype, fieldName));
  return isMissing ? undefined : defaultFieldResolver(source, args, context, info);
};

/** @returns What makes variables fit for the input objects of `schema`; most have no such fields. */
export function ownVariables(
  schema: GraphQLSchema,
): (given: Record<string, unknown>) => Record<string, unknown> {
  const isConcerned = Object.values(schema.getTypeMap()).some(
    (type) => isInputObjectType(type) && Object.keys(type.getFields()).some(isInherited),
  );
  return isConcerned ? (given) => withoutPrototype(given) as Record<string, unknown> : (given) => given;
}

function withoutPrototype(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrototype);
  if (!isRecord(value)) return value;
  return recordOf(Object.entries(value).map(([name, one]) => [name, withoutPrototype(one)]));
}

function isInherited(name: string): boolean {
  return name in Object.prototype;
}
