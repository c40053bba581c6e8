/** The data of a generated graph: each value is a function of its type, field and id, so all who ask see the same. */

import type { ResolverMap, Row } from '../../test/engine/fixtures/fixture.ts';
import { enumValues, lower, type Model, type ModelField, type ModelType } from './model.ts';
import { hashOf } from './random.ts';

type FieldResolvers = Record<string, (parent: Row, args: Row) => unknown>;

/** Ids of each entity: 0 up to this. */
const idsOfEntity = 40;

/** @param types Undefined for those of all subgraphs; else what is asked of one. */
export function resolversOf(model: Model, holds: (type: string, field: string) => boolean): ResolverMap {
  const map: Record<string, FieldResolvers> = {};
  const add = (type: string, field: string, resolve: FieldResolvers[string]): void => {
    if (holds(type, field)) (map[type] ??= {})[field] = resolve;
  };
  for (const entity of model.entities) {
    const { name } = entity;
    const rows = (count: unknown): Row[] =>
      Array.from({ length: Number(count) }, (_, n) => ({
        __typename: name,
        id: String((n * 7) % idsOfEntity),
      }));
    add('Query', lower(name), (_parent, { id }) => ({ __typename: name, id }));
    add('Query', `${lower(name)}List`, (_parent, { first }) => rows(first));
    add('Query', `${lower(name)}Page`, (_parent, { first }) => ({
      total: idsOfEntity,
      edges: rows(first).map((node) => ({ cursor: `c${String(node['id'])}`, node })),
    }));
  }
  for (const type of model.types.values()) {
    if (type.kind === 'interface') continue;
    for (const field of type.fields) {
      if (field.name !== 'id') add(type.name, field.name, resolverOf(model, type, field));
    }
  }
  return map;
}

function resolverOf(model: Model, type: ModelType, field: ModelField): FieldResolvers[string] {
  const place = `${type.name}.${field.name}:`;
  const make = makerOf(model, field);
  if (!field.counted) {
    return ({ id }) => {
      const hash = hashOf(place + String(id));
      return !field.required && hash % 9 === 0 ? null : make(hash, id);
    };
  }
  return ({ id }, { first }) =>
    Array.from({ length: Number(first) }, (_, n) => make(hashOf(`${place}${String(id)}/${n}`), id));
}

/** @returns What makes one value of the field's type from a hash, for an object of this id. */
function makerOf(model: Model, { type }: ModelField): (hash: number, id: unknown) => unknown {
  const scalar = scalars[type];
  if (scalar) return scalar;
  if (model.enums.has(type)) return (hash) => enumValues[hash % enumValues.length];
  const members = model.members.get(type);
  const idOf = (hash: number): string => String((hash >>> 8) % idsOfEntity);
  if (members) return (hash) => ({ __typename: members[hash % members.length], id: idOf(hash) });
  if (model.types.get(type)?.kind === 'entity') return (hash) => ({ __typename: type, id: idOf(hash) });
  return (_hash, id) => ({ __typename: type, id });
}

const filler = 'a text of some length as people write them into such a field, now and then';
const scalars: Readonly<Record<string, (hash: number) => unknown>> = {
  String: (hash) => `${hash.toString(36)} ${filler.slice(0, hash % filler.length)}`,
  ID: (hash) => hash.toString(36),
  Int: (hash) => hash % 100_000,
  Float: (hash) => (hash % 1000) / 8,
  Boolean: (hash) => hash % 2 === 0,
};
