/**
 * One backend under two schemas.
 *
 * What "the same data" means: the backend answers a field by the name of its object's type, its own name, its arguments
 * as its resolver gets them, and where it is; it does not see by which schema it is asked. Its data fits one schema, the
 * contract that the backend keeps: null, enum values and object types occur where that one allows them, and only there.
 * With the contract of the base it is the backend of today. With that of the head it is the backend after the change,
 * which makes use of what became possible.
 * Fields that the contract does not have are null. Now and then a resolver throws, as nulls propagate then.
 */

import {
  getNamedType,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  type ExecutionResult,
  executeSync,
  type DocumentNode,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';

import { hashOf } from './random.ts';

export interface Request {
  readonly document: DocumentNode;
  readonly operationName: string;
  readonly variableValues: Readonly<Record<string, unknown>>;
}

export interface Backend {
  readonly contract: GraphQLSchema;
  readonly seed: number;
}

/** An object of the backend. */
interface Entity {
  readonly typeName: string;
  /** The way by which it was reached, with arguments. */
  readonly key: string;
}

export function answer(schema: GraphQLSchema, backend: Backend, request: Request): ExecutionResult {
  return executeSync({
    schema,
    ...request,
    rootValue: { typeName: '', key: String(backend.seed) } satisfies Entity,
    typeResolver: (value: unknown) => (value as Entity).typeName,
    fieldResolver: (source: unknown, args, _context, info) => {
      const typeName = info.parentType.name;
      const key = `${(source as Entity).key}/${typeName}.${info.fieldName}(${canonical(args)})`;
      const type = backend.contract.getType(typeName);
      const field = isObjectType(type) ? type.getFields()[info.fieldName] : undefined;
      if (!field) return null;
      if (hashOf(`${key} fails`) % 40 === 0) throw new Error('The backend failed');
      return valueOf(backend.contract, field.type, key);
    },
  });
}

function valueOf(contract: GraphQLSchema, type: GraphQLOutputType, key: string): unknown {
  if (isNonNullType(type)) return presentValueOf(contract, type.ofType, key);
  return hashOf(`${key} null`) % 7 === 0 ? null : presentValueOf(contract, type, key);
}

function presentValueOf(contract: GraphQLSchema, type: GraphQLOutputType, key: string): unknown {
  const hash = hashOf(key);
  if (isNonNullType(type)) return presentValueOf(contract, type.ofType, key);
  if (isListType(type)) {
    const item: GraphQLOutputType = type.ofType;
    return Array.from({ length: hash % 3 }, (_, index) => valueOf(contract, item, `${key}[${index}]`));
  }
  if (isEnumType(type)) return pick(type.getValues(), hash).name;
  if (isAbstractType(type)) {
    // By name, as the order of definitions means nothing.
    const names = contract.getPossibleTypes(type).map(({ name }) => name);
    return names.length > 0 ? ({ typeName: pick(names.toSorted(), hash), key } satisfies Entity) : null;
  }
  if (isObjectType(type)) return { typeName: type.name, key } satisfies Entity;
  return leafValueOf(getNamedType(type).name, hash);
}

function leafValueOf(typeName: string, hash: number): unknown {
  if (typeName === 'Int') return hash % 1000;
  if (typeName === 'Float') return (hash % 1000) / 4;
  if (typeName === 'Boolean') return hash % 2 === 0;
  return `${typeName}${hash}`;
}

function pick<Item>(items: readonly Item[], hash: number): Item {
  const item = items[hash % items.length];
  if (item === undefined) throw new Error('Nothing to pick from');
  return item;
}

/** Text of a value in which the order of keys does not show, but `1` and `"1"` differ. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, inner]) => `${name}:${canonical(inner)}`).join()}}`;
}

/** Data with the order of its keys, and the path and message of each error. */
export function answerText({ data, errors = [] }: ExecutionResult, ignoresOrder: boolean): string {
  const failures = errors.map(({ path, message }) => `${JSON.stringify(path)} ${message}`).toSorted();
  return `${JSON.stringify(ignoresOrder ? sortedLists(data) : data)}\n${failures.join('\n')}`;
}

function sortedLists(value: unknown): unknown {
  if (Array.isArray(value)) {
    const texts = value.map((item) => JSON.stringify(sortedLists(item)));
    return texts.toSorted();
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, sortedLists(inner)]));
}
