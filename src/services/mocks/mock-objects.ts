/** Made-up objects and lists, as deep as a selection asks for. */

import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isListType,
  isObjectType,
  isScalarType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';

import { isRecord, own, recordOf } from '../../shared/records.ts';
import { enumValue, scalarValue, seedOf, type Seed } from './mock-values.ts';

/** Of one answer: lists that would exceed it are empty. */
const objectsMax = 10_000;
const listLengths = [2, 3] as const;
/** Arguments that limit the length of a list. */
const lengthArguments: ReadonlySet<string> = new Set(['first', 'last', 'limit', 'take', 'pageSize']);

export interface MockObject {
  readonly __typename: string;
  readonly seed: Seed;
  /** By field: what is not made up, because an argument or a reference says it, or because it is part of the key. */
  readonly values: ReadonlyMap<string, unknown>;
}

/** What one answer has made so far. */
export interface MockContext {
  objects: number;
}

/** By type, the names of the fields of its first key without nested fields. */
export type MockKeys = ReadonlyMap<string, readonly string[]>;

interface Place {
  /** That has the field. */
  readonly typeName: string;
  readonly field: GraphQLField<unknown, unknown>;
  readonly seed: Seed;
  readonly args: Readonly<Record<string, unknown>>;
  readonly context: MockContext;
}

export class MockObjects {
  readonly #schema: GraphQLSchema;
  readonly #keys: MockKeys;

  constructor(schema: GraphQLSchema, keys: MockKeys) {
    this.#schema = schema;
    this.#keys = keys;
  }

  readonly resolveField: GraphQLFieldResolver<unknown, MockContext> = (source, args, ...rest) => {
    const [context, { parentType, fieldName }] = rest;
    // Of `_service`, which is not made up.
    const parent = isMockObject(source) ? source : undefined;
    if (isRecord(source) && !parent) return own(source, fieldName);
    const field = parentType.getFields()[fieldName];
    if (!field) return null;
    const seed = seedOf(parent?.seed ?? parentType.name, fieldName, args);
    const place = { typeName: parentType.name, field, seed, args, context };
    return this.#value(field.type, parent?.values.get(fieldName), place);
  };

  /** The entity that a representation refers to. @returns Null: the subgraph has no such type. */
  entity(representation: unknown): MockObject | null {
    if (!isRecord(representation)) return null;
    const name = representation['__typename'];
    const type = typeof name === 'string' ? this.#schema.getType(name) : undefined;
    const values = new Map(Object.entries(representation));
    values.delete('__typename');
    const seed = seedOf(name, [...values]);
    if (isObjectType(type)) return this.#object(type, values, seed);
    const concrete = isAbstractType(type) ? this.#concrete(type.name, seed) : undefined;
    return concrete ? this.#object(concrete, values, seed) : null;
  }

  /** @param stated Undefined: it is made up. */
  #value(outputType: GraphQLOutputType, stated: unknown, place: Place): unknown {
    if (stated === null) return null;
    const type = getNullableType(outputType);
    if (isListType(type)) return this.#list(type.ofType as GraphQLOutputType, stated, place);
    if (isScalarType(type)) return stated ?? scalarValue(type, { ...place, fieldName: place.field.name });
    if (isEnumType(type)) return stated ?? enumValue(type);
    if (isMockObject(stated)) return stated;
    place.context.objects += 1;
    const concrete = isAbstractType(type) ? this.#concreteOf(type.name, stated, place.seed) : type;
    if (!isObjectType(concrete)) return null;
    const values = isRecord(stated) ? new Map(Object.entries(stated)) : echoed(concrete, place);
    return this.#object(concrete, values, place.seed);
  }

  #list(itemType: GraphQLOutputType, stated: unknown, place: Place): unknown {
    const items: readonly unknown[] = Array.isArray(stated)
      ? stated
      : (this.#echoedItems(itemType, place) ?? Array.from({ length: lengthOf(place) }));
    if (place.context.objects + items.length > objectsMax) return [];
    const isSingle = { ...place, args: withoutIds(place) };
    return items.map((item, index) =>
      this.#value(itemType, item, { ...isSingle, seed: seedOf(place.seed, index) }),
    );
  }

  /** `products(ids: ["a", "b"])` has two items with these ids. */
  #echoedItems(itemType: GraphQLOutputType, { args, context, seed }: Place): readonly unknown[] | null {
    const type = getNullableType(itemType);
    if (!isObjectType(type)) return null;
    for (const key of this.#keys.get(type.name) ?? []) {
      const ids = own(args, `${key}s`);
      if (!Array.isArray(ids)) continue;
      context.objects += ids.length;
      return ids.map((id: unknown) => this.#object(type, new Map([[key, id]]), seed));
    }
    return null;
  }

  /** An entity is the same wherever it is reached: its values depend on its key alone. */
  #object(type: GraphQLObjectType, stated: ReadonlyMap<string, unknown>, seed: Seed): MockObject {
    const fields = type.getFields();
    const key = this.#keys.get(type.name);
    if (!key) return { __typename: type.name, seed, values: stated };
    const values = new Map(stated);
    for (const fieldName of key) {
      const fieldType = fields[fieldName] && getNullableType(fields[fieldName].type);
      const place = { typeName: type.name, fieldName, seed: seedOf(seed, fieldName) };
      if (values.has(fieldName)) continue;
      if (isScalarType(fieldType)) values.set(fieldName, scalarValue(fieldType, place));
      else if (isEnumType(fieldType)) values.set(fieldName, enumValue(fieldType));
    }
    const keyValues = key.map((fieldName) => values.get(fieldName));
    return { __typename: type.name, seed: seedOf(type.name, keyValues), values };
  }

  #concreteOf(name: string, stated: unknown, seed: Seed): GraphQLObjectType | undefined {
    const typeName = isRecord(stated) ? stated['__typename'] : undefined;
    const type = typeof typeName === 'string' ? this.#schema.getType(typeName) : undefined;
    return isObjectType(type) ? type : this.#concrete(name, seed);
  }

  /** One of the types of an interface or a union. Undefined: it has none. */
  #concrete(name: string, seed: Seed): GraphQLObjectType | undefined {
    const type = this.#schema.getType(name);
    const types = isAbstractType(type) ? this.#schema.getPossibleTypes(type) : [];
    return types[seed % Math.max(1, types.length)];
  }
}

function isMockObject(value: unknown): value is MockObject {
  return isRecord(value) && value['values'] instanceof Map && typeof value['seed'] === 'number';
}

function lengthOf({ args, seed }: Place): number {
  const length = listLengths[seed % listLengths.length] ?? listLengths[0];
  const limits = Object.entries(args).flatMap(([name, value]) =>
    lengthArguments.has(name) && typeof value === 'number' ? [value] : [],
  );
  return Math.max(0, Math.min(length, ...limits));
}

/**
 * Fields of an object that arguments say: those with the name and the type of an argument, or of a field of an argument
 * that is an input object. `productId` is the id of a `Product`.
 */
function echoed(type: GraphQLObjectType, { field, args }: Place): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  const fields = type.getFields();
  const echo = (
    { name, type: argumentType }: Pick<GraphQLArgument, 'name' | 'type'>,
    value: unknown,
  ): void => {
    const isOwnId = name.toLowerCase() === `${type.name}id`.toLowerCase();
    const echoedField = fields[name] ?? (isOwnId ? fields['id'] : undefined);
    if (!echoedField || value === undefined || value === null) return;
    const [from, to] = [getNullableType(argumentType), getNullableType(echoedField.type)];
    if (String(from) === String(to) && (isScalarType(to) || isEnumType(to)))
      values.set(echoedField.name, value);
  };
  for (const argument of field.args) {
    const value = own(args, argument.name);
    const inputType = getNamedType(argument.type);
    if (isInputObjectType(inputType) && isRecord(value)) {
      for (const inputField of Object.values(inputType.getFields()))
        echo(inputField, own(value, inputField.name));
    } else echo(argument, value);
  }
  return values;
}

/** Items of a list are different objects. */
function withoutIds({ field, args }: Place): Readonly<Record<string, unknown>> {
  const ids = new Set(
    field.args.filter(({ type }) => getNamedType(type).name === 'ID').map(({ name }) => name),
  );
  return recordOf(Object.entries(args).filter(([name]) => !ids.has(name)));
}
