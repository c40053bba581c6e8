/** `__schema` and `__type` wherever a field leads back to the query type, as graphql-js answers them. */
import { describe, expect, it } from 'vitest';

import { federated, type Fixture } from './fixtures/fixture.ts';
import { expectAgreement } from './oracle/agreement.ts';
import { openMonolith } from './oracle/monolith.ts';
import { openEngine } from './ours/engine.ts';

const resolvers = {
  Query: { self: () => ({}), all: () => [{}, {}], one: () => 1, shelf: () => ({ __typename: 'Box' }) },
  Mutation: { touch: () => ({}) },
  Box: { back: () => ({}) },
};
const types = `
  type Query { self: Query! all: [Query!]! one: Int shelf: Shelf }
  type Mutation { touch: Query! }
  interface Shelf { back: Query }
  type Box implements Shelf { back: Query }
`;
const fixture: Fixture = {
  name: 'schema-fields',
  about: 'fields that lead back to the query type',
  subgraphs: { only: { typeDefs: federated(types), resolvers } },
  monolith: { typeDefs: types, resolvers },
  operations: [
    { name: 'below a field', query: '{ self { __schema { queryType { name } } } }' },
    {
      name: 'under one name at two depths',
      query:
        '{ __schema { queryType { name } } self { __schema { mutationType { name } } self { one __schema { queryType { kind } } } } }',
    },
    {
      name: 'under aliases that change places',
      query:
        '{ a: __type(name: "Box") { name } b: __type(name: "Query") { name } self { a: __type(name: "Query") { kind } b: __type(name: "Int") { name } } }',
    },
    { name: 'in a list', query: '{ all { __type(name: "Box") { name } one } }' },
    {
      name: 'by variables',
      query:
        'query ($a: String!, $b: String!) { __type(name: $a) { name } self { __type(name: $b) { name } } }',
      variables: { a: 'Box', b: 'Nothing' },
    },
    {
      name: 'beside required variables of other fields',
      query:
        'query ($x: Boolean!) { __schema { queryType { name } } self { one @include(if: $x) ...F } } fragment F on Query { one @skip(if: $x) }',
      variables: { x: true },
    },
    {
      name: 'with some of the variables',
      query:
        'query ($a: String!, $x: Boolean!) { __type(name: $a) { ...N } self { one @include(if: $x) } } fragment N on __Type { name ...K } fragment K on __Type { kind @include(if: $x) }',
      variables: { a: 'Box', x: true },
    },
    {
      name: 'under conditions',
      query:
        'query ($x: Boolean!) { self { __schema @include(if: $x) { queryType { name } } __schema @skip(if: $x) { mutationType { name } } one } }',
      variables: { x: false },
    },
    {
      name: 'through an interface and a fragment',
      query:
        '{ shelf { ... on Box { back { ...S } } } self { ...S } } fragment S on Query { __schema { mutationType { name } } }',
    },
    {
      name: 'in the answer of a mutation',
      query: 'mutation { touch { __schema { mutationType { name } } one } }',
    },
    {
      name: 'alone in the answer of a mutation',
      query: 'mutation { a: touch { __typename } b: touch { __type(name: "Box") { name } } }',
    },
  ],
};

describe('fields about the schema', () => {
  const engines = {
    monolith: openMonolith(fixture),
    engine: openEngine(fixture),
    interpreted: openEngine(fixture, { interpreted: true }),
  };

  it.each(fixture.operations)('are answered $name', (operation) =>
    expectAgreement(fixture, engines, operation),
  );

  it('are not sent to a subgraph', () => {
    expect(
      engines.engine.calls.map(({ query }) => query).filter((query) => /__schema|__type\(/.test(query)),
    ).toEqual([]);
  });
});
