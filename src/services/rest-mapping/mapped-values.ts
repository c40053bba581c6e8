/**
 * What a mapped subgraph knows of an object: the record a service sent, under the reference it was found by. Reads fields
 * and placeholders from both, and holds what is read against the type of the schema: a wrong answer is the service's
 * error (`SERVICE_BAD_RESPONSE`) and not a defect of ours.
 */

import {
  GraphQLID,
  type GraphQLOutputType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';

import { type Placeholder, placeholderText } from '../../config/graph/rest-mapping.ts';
import { ExactNumber } from '../../shared/exact-number.ts';
import { kindOf } from '../../shared/kind-of.ts';
import { isRecord } from '../../shared/records.ts';
import { badResponse, unusable } from '../../sources/failures.ts';
import type { QueryValue } from '../../sources/rest/path.ts';

export type Values = Readonly<Record<string, unknown>>;

/** Under this a record keeps what was known before it was asked for: keys, and what `@requires` brought. */
const referenceKey = Symbol('reference');

/** @param record Null where only the reference is known. */
export function mapped(record: Values | null, reference: Values): Values {
  return { ...record, [referenceKey]: reference };
}

/** Where fields are in a record, by coordinate, if not by their own name. */
export type Renames = ReadonlyMap<string, readonly string[]>;

/** By the names of the schema. Own properties alone: a field may be called `constructor`. */
export function fieldOf(parent: unknown, coordinate: string, renames: Renames): unknown {
  const field = coordinate.slice(coordinate.indexOf('.') + 1);
  const reference = isRecord(parent) ? (parent as Mapped)[referenceKey] : undefined;
  if (reference && Object.hasOwn(reference, field)) return reference[field];
  return valueAt(parent, renames.get(coordinate) ?? [field]);
}

interface Mapped {
  readonly [referenceKey]?: Values;
}

export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (isRecord(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined),
    value,
  );
}

/** Where placeholders get their values. */
export interface Scope {
  readonly typeName: string;
  readonly args: Values;
  readonly parent: unknown;
  readonly key: Values;
}

export function placed({ scope, path }: Placeholder, from: Scope, renames: Renames): unknown {
  switch (scope) {
    case 'args':
      return valueAt(from.args, path);
    case 'key':
      return valueAt(from.key, path);
    case 'record':
      return valueAt(from.parent, path);
    case 'parent':
      return fieldOf(from.parent, `${from.typeName}.${path[0]}`, renames);
  }
}

/** For a path or a parameter; undefined for null and nothing. */
export function textOf(service: string, value: unknown, source: Placeholder): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string') return value;
  if (value instanceof ExactNumber || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return String(value);
  const why = 'it is neither text nor a number';
  // A scalar of the schema may be anything.
  if (source.scope === 'args') throw unusable(service, placeholderText(source), why);
  throw badResponse(service, new TypeError(`${placeholderText(source)}: ${why}`));
}

/** For a parameter, whose value may also be a list. */
export function parameterOf(service: string, value: unknown, source: Placeholder): QueryValue | undefined {
  if (!Array.isArray(value)) return textOf(service, value, source);
  return value.flatMap((one: unknown) => textOf(service, one, source) ?? []);
}

/**
 * The value, where it fits the type; an entry of a list that does not becomes the error of its place.
 *
 * @throws {GatewayError} `SERVICE_BAD_RESPONSE`
 */
export function checked(service: string, value: unknown, type: GraphQLOutputType): unknown {
  if (isNonNullType(type)) {
    if (value !== null && value !== undefined) return checked(service, value, type.ofType);
    throw badResponse(service, new TypeError('null where the schema allows none'));
  }
  if (value === null || value === undefined) return null;
  if (isListType(type)) {
    if (!Array.isArray(value)) throw badResponse(service, new TypeError('expected a list'));
    return value.map((one: unknown) => checkedOrError(service, one, type.ofType));
  }
  if (isLeafType(type)) {
    try {
      // It would round it, or take it for text.
      if (value instanceof ExactNumber && isSpecifiedScalarType(type) && type !== GraphQLID) {
        throw new TypeError(`${type.name} cannot hold a number of so many digits`);
      }
      type.serialize(value);
    } catch {
      // graphql-js quotes the value, and its message is logged.
      throw badResponse(service, new TypeError(`${type.name} cannot represent ${kindOf(value)}`));
    }
  } else if ((isObjectType(type) || isAbstractType(type)) && !isRecord(value)) {
    throw badResponse(service, new TypeError('expected an object'));
  }
  return value;
}

function checkedOrError(service: string, value: unknown, type: GraphQLOutputType): unknown {
  try {
    return checked(service, value, type);
  } catch (error) {
    return error;
  }
}
