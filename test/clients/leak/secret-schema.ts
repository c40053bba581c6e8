/**
 * A random graph of two subgraphs with tags, in which every name is unmistakable: it ends in `_zq`. So a hidden name in a
 * response was learned from the graph, and from nothing else.
 */
import { type GraphQLSchema, isAbstractType, isEnumType, isObjectType } from 'graphql';

import type { ClientView } from '../../../src/preparation/contract/contract.ts';
import { openContract } from '../../../src/preparation/contract/contract.ts';
import { isGatewayError } from '../../../src/shared/errors.ts';
import { elementTexts } from '../contract/random/claims.ts';
import type { Dice } from '../contract/random/dice.ts';
import { composedGraph, contractOf } from '../contract/graph.ts';
import { randomSchema } from '../contract/random/random-schema.ts';
import { linked, type LocalSubgraph } from '../support/client-gateway.ts';

export interface SecretSchema {
  readonly things: LocalSubgraph;
  readonly more: LocalSubgraph;
  /** What the client sees. */
  readonly view: ClientView;
  /** Names that occur nowhere in what the client sees. */
  readonly hiddenNames: readonly [string, ...string[]];
  /** client.yaml of that client. */
  readonly contract: string;
}

const excluded = ['internal', 'beta'] as const;

/** @returns undefined where the contract leaves no query, or hides little. */
export function secretSchema(dice: Dice): SecretSchema | undefined {
  const tags = [...excluded, 'web'] as const;
  const written = randomSchema(dice, { typesMax: 4, tags, tagChance: dice.oneOf([0.15, 0.3]) });
  const sdl = withFixedParts(written.replace(/\b([EPSNIOU]\d+(?:_[ABC])?|[a-z]\w*_\d+)\b/g, '$1_zq'));
  const graph = composedGraph({ things: linked(sdl), more: linked(entitySdl) });
  const hideUnreachableTypes = dice.chance(0.5);
  const view = viewOf(graph, { exclude: excluded, hideUnreachableTypes });
  if (!view?.schema.getQueryType()?.getFields()['items_zq']) return undefined;
  const visible = new Set(namesOf(view.schema));
  const [first, ...others] = new Set(namesOf(graph.schema).filter((name) => !visible.has(name)));
  if (first === undefined || others.length < 10) return undefined;
  const hiddenNames = [first, ...others] as const;
  return {
    things: { schema: sdl, resolvers: resolversOf(graph.schema, hiddenNames) },
    more: { schema: entitySdl, resolvers: entityResolvers },
    view,
    hiddenNames,
    contract: `contract: { exclude: [${excluded.join()}], hideUnreachableTypes: ${hideUnreachableTypes} }\n`,
  };
}

/** All that end in `_zq`. */
export function namesIn(text: string): string[] {
  return text.match(/\w+_zq/g) ?? [];
}

function viewOf(
  graph: Parameters<typeof openContract>[0],
  rules: Parameters<typeof contractOf>[0],
): ClientView | undefined {
  try {
    return openContract(graph, contractOf(rules));
  } catch (error) {
    if (isGatewayError(error) && error.code === 'CONTRACT_INVALID') return undefined;
    throw error;
  }
}

/** Of the coordinates of a schema. */
function namesOf(schema: GraphQLSchema): string[] {
  return [...elementTexts(schema).keys()].flatMap(namesIn);
}

/** With members that are hidden on every graph, and a field that returns them. */
const partlyHidden = `
  union Item_zq = Note_zq | Vault_zq
  type Note_zq { kind_zq: Kind_zq }
  type Vault_zq @tag(name: "internal") { code_zq: String }
  enum Kind_zq { OPEN_zq SECRET_zq @tag(name: "internal") }
`;
const itemsField = '  items_zq: [Item_zq]\n';
export const itemsQuery = '{ items_zq { __typename ... on Note_zq { kind_zq } } }';

/** `O0` becomes an entity whose key is hidden, like a field that another subgraph requires. */
function withFixedParts(sdl: string): string {
  const fields = 'key_zq: ID! @tag(name: "internal")\n  mass_zq: Int! @tag(name: "internal")';
  return `${sdl}${partlyHidden}`
    .replace(/^(type O0_zq[^{]*)\{\n/m, `$1@key(fields: "key_zq") {\n  ${fields}\n`)
    .replace(/^(type Query[^{]*\{\n)/m, `$1${itemsField}`);
}

const entitySdl = `
  type O0_zq @key(fields: "key_zq") {
    key_zq: ID!
    mass_zq: Int! @external
    heavy_zq: Int @requires(fields: "mass_zq")
    light_zq: String
  }
`;
const entityResolvers = `
  export const resolvers = {
    O0_zq: { __resolveReference: (one) => one, heavy_zq: ({ mass_zq: mass }) => mass + 1, light_zq: () => 'light' },
  };
`;

/** Any value a type may have, hidden or not, and errors that name what is hidden. */
function resolversOf(schema: GraphQLSchema, hiddenNames: readonly string[]): string {
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
  const possible = types
    .filter(isAbstractType)
    .map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]);
  const objects = types.filter(isObjectType).map((type) => [
    type.name,
    Object.values(type.getFields())
      .filter(({ name }) => name !== 'heavy_zq' && name !== 'light_zq')
      .map((field) => [field.name, String(field.type)]),
  ]);
  const enums = types.filter(isEnumType).map((type) => [type.name, type.getValues().map(({ name }) => name)]);
  return `
    const possible = new Map(${JSON.stringify(possible)});
    const enums = new Map(${JSON.stringify(enums)});
    const hiddenNames = ${JSON.stringify(hiddenNames)};
    let state = 1;
    const upTo = (max) => (state = (state * 48271) % 2147483647) % (max + 1);
    const oneOf = (items) => items[upTo(items.length - 1)];
    const refusal = (name) => Object.assign(new Error(name + ' is broken'), {
      name: 'GatewayError', code: 'SERVICE_ERROR', retryable: false, public: { [name]: { [name]: name } },
    });
    const valueOf = (type) => {
      if (type.endsWith('!')) return upTo(60) === 0 ? null : valueOf(type.slice(0, -1));
      if (upTo(9) === 0) return null;
      if (type.startsWith('[')) return Array.from({ length: upTo(2) }, () => valueOf(type.slice(1, -1)));
      if (enums.has(type)) return oneOf(enums.get(type));
      if (type === 'Int') return 7;
      if (type === 'ID' || type === 'String' || type.startsWith('S')) return 'text';
      return { __typename: possible.has(type) ? oneOf(possible.get(type)) : type };
    };
    const resolve = (type) => () => {
      if (upTo(40) === 0) throw refusal(oneOf(hiddenNames));
      return valueOf(type);
    };
    export const resolvers = Object.fromEntries(
      ${JSON.stringify(objects)}
        .filter(([name]) => name !== 'Subscription')
        .map(([name, fields]) => [
          name,
          Object.fromEntries(fields.map(([field, type]) => [field, resolve(type)])),
        ]),
    );
    if (resolvers.O0_zq) resolvers.O0_zq.__resolveReference = () => ({ __typename: 'O0_zq' });
  `;
}
