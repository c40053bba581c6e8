/**
 * Resolvers of a local subgraph that graph.yaml describes as calls of REST services. Everything a call needs is decided
 * here once; values are put into it as resolvers in TypeScript do it, by the same source.
 */

import {
  getNullableType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isListType,
  isObjectType,
} from 'graphql';

import {
  type Placeholder,
  placeholderIn,
  piecesOf,
  type RestCallConfig,
  type RestMapping,
  type RestVerb,
  verbOf,
} from '../../config/graph/rest-mapping.ts';
import { indexSdl } from '../../config/graph/sdl-index.ts';
import { isPromise } from '../../shared/promises.ts';
import { badResponse } from '../../sources/failures.ts';
import { ownFieldResolver } from '../../sources/local/own-fields.ts';
import type { PathValues } from '../../sources/rest/path.ts';
import type { BulkEndpoint, RestChange, RestSource } from '../../sources/rest/rest-client.ts';
import type { SubgraphContext } from '../define.ts';
import {
  checked,
  fieldOf,
  mapped,
  parameterOf,
  placed,
  type Renames,
  type Scope,
  textOf,
  valueAt,
  type Values,
} from './mapped-values.ts';
import { emptyRecord, isRecord, own } from '../../shared/records.ts';

export interface MappingParts {
  /** Of the subgraph. */
  readonly name: string;
  readonly mapping: RestMapping;
  /** Its sources of kind rest. */
  readonly sources: ReadonlyMap<string, RestSource>;
}

type Context = SubgraphContext;
/** What a call found; undefined for nothing. */
type Ask = (scope: Scope, context: Context) => unknown;
// oxlint-disable-next-line max-params -- a resolver of graphql-js
type FieldResolver = (
  parent: unknown,
  args: Values,
  context: Context,
  info: { readonly returnType: GraphQLOutputType },
) => unknown;
type ReferenceResolver = (reference: Values, context: Context) => unknown;

type Resolvers = Record<string, Record<string, unknown>>;

export interface WithMapping {
  readonly resolvers: object;
  /** A field, or a type as an entity, that both are for. */
  readonly conflict: string | undefined;
}

/** Resolvers in TypeScript and those of the mapping. */
export function withMapping(given: object, parts: MappingParts, sdl: string): WithMapping {
  const { fields, entities } = parts.mapping;
  const resolvers: Resolvers = emptyRecord();
  for (const [typeName, ofType] of Object.entries(given as Resolvers)) resolvers[typeName] = { ...ofType };
  const has = (typeName: string, name: string): boolean => Object.hasOwn(resolvers[typeName] ?? {}, name);
  for (const [coordinate, config] of Object.entries(fields)) {
    const [typeName = '', fieldName = ''] = coordinate.split('.');
    if (has(typeName, fieldName)) return { resolvers, conflict: coordinate };
    (resolvers[typeName] ??= {})[fieldName] = fieldResolver(parts, config, { typeName, fieldName });
  }
  for (const [typeName, { kind, keys }] of indexSdl(sdl) ?? []) {
    const [[keyField = ''] = []] = keys;
    const config = own(entities, typeName);
    if (kind !== 'object' || keys.length === 0) continue;
    if (has(typeName, '__resolveReference')) {
      if (config) return { resolvers, conflict: `entities of type ${typeName}` };
      continue;
    }
    (resolvers[typeName] ??= {})['__resolveReference'] = config
      ? entityResolver(parts, config, { typeName, keyField })
      : (reference: Values) => mapped(reference, reference);
  }
  return { resolvers, conflict: undefined };
}

interface FieldParts {
  readonly typeName: string;
  readonly fieldName: string;
}

function fieldResolver(
  parts: MappingParts,
  config: RestCallConfig,
  { typeName, fieldName }: FieldParts,
): FieldResolver {
  const { ask, service } = callOf(parts, config, `${typeName}.${fieldName}`);
  // oxlint-disable-next-line max-params -- a resolver of graphql-js
  return async (parent, args, context, { returnType }) => {
    const found = await ask({ typeName, args, parent, key: {} }, context);
    return found instanceof Loads
      ? checkedLoads(service, found, returnType)
      : checked(service, found, returnType);
  };
}

/** Fields that no call and no resolver is for are read from the record they belong to. */
export function setMappedFields(
  schema: GraphQLSchema,
  { name, mapping, sources }: MappingParts,
  hasResolvers: boolean,
): void {
  const renames = renamesOf(mapping);
  const [only, ...others] = sources.keys();
  const service = only !== undefined && others.length === 0 ? only : name;
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('_')) continue;
    for (const field of Object.values(type.getFields())) {
      const coordinate = `${type.name}.${field.name}`;
      // oxlint-disable-next-line max-params -- a resolver of graphql-js
      field.resolve ??= (parent: unknown, args, context, info) => {
        const value = fieldOf(parent, coordinate, renames);
        // What a resolver in TypeScript returned may be anything that graphql-js understands.
        if (hasResolvers && (value === undefined || typeof value === 'function' || isPromise(value))) {
          return ownFieldResolver(parent, args, context, info);
        }
        return checked(service, value, field.type);
      };
    }
  }
}

function renamesOf({ rename }: RestMapping): Renames {
  return new Map(Object.entries(rename).map(([coordinate, path]) => [coordinate, path.split('.')]));
}

interface EntityParts {
  readonly typeName: string;
  readonly keyField: string;
}

function entityResolver(
  parts: MappingParts,
  config: RestCallConfig,
  { typeName, keyField }: EntityParts,
): ReferenceResolver {
  const { ask, service } = callOf(parts, { id: `{key.${keyField}}`, ...config }, typeName);
  return async (reference, context) => {
    const found = await ask({ typeName, args: {}, parent: undefined, key: reference }, context);
    if (found === null || found === undefined) return null;
    if (isRecord(found)) return mapped(found, reference);
    throw badResponse(service, new TypeError('expected an object'));
  };
}

function callOf(
  parts: MappingParts,
  config: RestCallConfig,
  coordinate: string,
): { readonly ask: Ask; readonly service: string } {
  const renames = renamesOf(parts.mapping);
  const verb = verbOf(config);
  const source = parts.sources.get(config.source ?? [...parts.sources.keys()][0] ?? '');
  if (verb === undefined || !source) return { ask: objectOf(config, renames), service: parts.name };
  const call = new MappedCall({ source, config, verb, renames });
  return {
    ask: verb === 'bulk' ? call.bulk(`${parts.name}.${coordinate}`) : call.single(),
    service: source.name,
  };
}

/** Null where one of its values is: nothing is known of it. */
function objectOf({ object = {} }: RestCallConfig, renames: Renames): Ask {
  const entries = Object.entries(object).map(
    ([name, value]) => [name, placeholderIn(value) ?? value] as const,
  );
  return (scope) => {
    const values = emptyRecord();
    for (const [name, value] of entries) {
      const known = typeof value === 'object' ? placed(value, scope, renames) : value;
      if (known === null || known === undefined) return null;
      values[name] = known;
    }
    return mapped(null, values);
  };
}

type Parameter = readonly [name: string, value: string | number | boolean | Placeholder];

interface MappedCallParts {
  readonly source: RestSource;
  readonly config: RestCallConfig;
  readonly verb: RestVerb;
  readonly renames: Renames;
}

class MappedCall {
  readonly #source: RestSource;
  readonly #config: RestCallConfig;
  readonly #verb: RestVerb;
  readonly #renames: Renames;
  readonly #template: string;
  readonly #params: ReadonlyArray<readonly [name: string, value: Placeholder]>;
  readonly #query: readonly Parameter[];
  readonly #select: readonly string[];

  constructor({ source, config, verb, renames }: MappedCallParts) {
    this.#source = source;
    this.#config = config;
    this.#verb = verb;
    this.#renames = renames;
    const { template, params } = templateOf(config[verb] ?? '/');
    this.#template = template;
    this.#params = params;
    this.#query = Object.entries(config.query ?? {}).map(([name, value]) => [
      name,
      placeholderIn(value) ?? value,
    ]);
    this.#select = config.select?.split('.') ?? [];
  }

  single(): Ask {
    return async (scope, { request }) => {
      const values = this.#valuesOf(scope);
      // A path of which a part is null leads nowhere.
      if (!values) return null;
      const { body, idempotencyKey } = this.#config;
      const change: RestChange = {
        ...values,
        ...(body === undefined ? {} : { body: this.#filled(body, scope) }),
        ...this.#keyOf(idempotencyKey, scope),
      };
      const verb = this.#verb as Exclude<RestVerb, 'bulk'>;
      return valueAt(await this.#source[verb](this.#template, change, request), this.#select);
    };
  }

  bulk(name: string): Ask {
    const { ids = { query: 'ids' }, lists = 'comma', id, idField, errorField, select } = this.#config;
    const endpoint: BulkEndpoint<Values> = {
      name,
      path: this.#template,
      ids,
      lists,
      ...(idField === undefined ? {} : { idField }),
      ...(errorField === undefined ? {} : { errorField }),
      ...(select === undefined ? {} : { select }),
      read: (record) => record.all(),
    };
    const asked = placeholderIn(id);
    return (scope, { request }) => {
      const values = this.#valuesOf(scope);
      if (!values || !asked) return null;
      const loader = this.#source.loader(endpoint, request, { call: values });
      // An id that is no text is the error of its place: others may be under way.
      const load = async (one: unknown): Promise<Values | null> => {
        const text = textOf(this.#source.name, one, asked);
        return text === undefined ? null : loader.load(text);
      };
      const wanted = placed(asked, scope, this.#renames);
      return Array.isArray(wanted) ? new Loads(wanted.map(load)) : load(wanted);
    };
  }

  /** Undefined where a value of the path is null. Parameters without a value are left out. */
  #valuesOf(scope: Scope): PathValues | undefined {
    const service = this.#source.name;
    const params = emptyRecord<string>();
    for (const [name, value] of this.#params) {
      const text = textOf(service, placed(value, scope, this.#renames), value);
      if (text === undefined) return undefined;
      params[name] = text;
    }
    const query = emptyRecord<NonNullable<ReturnType<typeof parameterOf>>>();
    for (const [name, value] of this.#query) {
      const known =
        typeof value === 'object' ? parameterOf(service, placed(value, scope, this.#renames), value) : value;
      if (known !== undefined) query[name] = known;
    }
    const { lists = 'comma' } = this.#config;
    return { params, query, lists };
  }

  #keyOf(idempotencyKey: string | undefined, scope: Scope): Pick<RestChange, 'idempotencyKey'> {
    const source = placeholderIn(idempotencyKey);
    if (!source) return idempotencyKey === undefined ? {} : { idempotencyKey };
    const key = textOf(this.#source.name, placed(source, scope, this.#renames), source);
    return key === undefined ? {} : { idempotencyKey: key };
  }

  /** Values that were not given are left out; null stays null. */
  #filled(body: unknown, scope: Scope): unknown {
    const source = placeholderIn(body);
    if (source) return placed(source, scope, this.#renames);
    if (Array.isArray(body)) return body.map((one: unknown) => this.#filled(one, scope));
    if (!isRecord(body)) return body;
    return Object.fromEntries(
      Object.entries(body).map(([name, value]) => [name, this.#filled(value, scope)]),
    );
  }
}

/** For `restPath`: each placeholder becomes a name of its own, by which messages call it. */
function templateOf(text: string) {
  const params: Array<readonly [name: string, value: Placeholder]> = [];
  const template = (piecesOf(text) ?? [])
    .map((piece) => {
      if (typeof piece === 'string') return piece;
      const last = piece.path.at(-1) ?? '';
      const isTaken = params.some(([name]) => name === last);
      const name = isTaken ? `${last}_${params.length}` : last;
      params.push([name, piece]);
      return `:{${name}${piece.spans ? '*' : ''}}`;
    })
    .join('');
  return { template, params };
}

/** Of a list of ids: each is the error of its place alone. */
class Loads {
  readonly all: ReadonlyArray<Promise<unknown>>;

  constructor(all: ReadonlyArray<Promise<unknown>>) {
    this.all = all;
    // Where the field fails, nobody waits for them.
    for (const load of all) load.catch(() => {});
  }
}

function checkedLoads(service: string, { all }: Loads, type: GraphQLOutputType): unknown {
  const list = getNullableType(type);
  if (!isListType(list)) throw badResponse(service, new TypeError('a list of ids for one object'));
  const ofOne = list.ofType as GraphQLOutputType;
  return all.map(async (load) => checked(service, await load, ofOne));
}
