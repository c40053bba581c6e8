/** The oracles' own promises: readable refusals, a call log, and answers that a subgraph's real server would give. */
import { describe, expect, it } from 'vitest';

import { federated, type Fixture } from '../fixtures/fixture.ts';
import { composeFixture, subgraphTransport } from './compose.ts';
import { monolithSchema, openMonolith } from './monolith.ts';
import { openStock } from './stock.ts';

describe('composeFixture', () => {
  it('names the fixture and every reason when it does not compose', () => {
    const broken: Fixture = {
      ...small,
      subgraphs: {
        ...small.subgraphs,
        other: { typeDefs: federated('type Query { word: String other: Lost }'), resolvers: {} },
      },
    };
    expect(() => composeFixture(broken)).toThrow(/Fixture "small" does not compose:\n- .*Lost/);
  });
});

describe('subgraphTransport', () => {
  it('answers plain JSON values that the caller may change', async () => {
    const { services } = subgraphTransport(small);
    const first = await services['words']?.('{ word(id: "a") { id text } }', {});
    expect(first).toEqual({ data: { word: { id: 'a', text: 'apple' } }, errors: [] });
    Object.assign(first?.data?.['word'] as object, { text: 'changed' });
    const second = await services['words']?.('{ word(id: "a") { text } }', {});
    expect(second?.data).toEqual({ word: { text: 'apple' } });
  });

  it('resolves entities and keeps the rows of the fixture as they were', async () => {
    const { services } = subgraphTransport(small);
    const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Word { text } } }';
    const answer = await services['words']?.(query, {
      r: [
        { __typename: 'Word', id: 'a' },
        { __typename: 'Word', id: 'zz' },
      ],
    });
    expect(answer?.data).toEqual({ _entities: [{ text: 'apple' }, null] });
    expect(Object.getOwnPropertyNames(apple)).toEqual(['id', 'text']);
  });

  it('writes down every call until it is cleared', async () => {
    const transport = subgraphTransport(small);
    const query = 'query ($id: ID!) { word(id: $id) { id } }';
    await transport.services['words']?.(query, { id: 'a' });
    expect(transport.calls).toEqual([{ service: 'words', query, variables: { id: 'a' } }]);
    transport.clear();
    expect(transport.calls).toEqual([]);
  });

  it('refuses an operation that is not valid for the subgraph', async () => {
    const answer = await subgraphTransport(small).services['words']?.('{ word(id: "a") { nothing } }', {});
    expect(answer?.data).toBeUndefined();
    expect(answer?.errors[0]?.message).toContain('nothing');
  });
});

describe('the monolith', () => {
  it('refuses a resolver for a field that the schema lacks', () => {
    const part = { typeDefs: 'type Query { a: Int }', resolvers: { Query: { b: () => 1 } } };
    expect(() => monolithSchema(part)).toThrow('Query.b');
  });

  it('reports errors with their path', async () => {
    const answer = await openMonolith(small).run({ query: '{ w: word(id: "bad") { text } }' });
    expect(answer).toMatchObject({ data: { w: null }, errors: [{ message: 'unreadable', path: ['w'] }] });
  });
});

describe('the stock gateway', () => {
  it('runs one operation of a document by its name', async () => {
    const stock = await openStock(small);
    const query = 'query A { word(id: "a") { id } } query B($id: ID!) { word(id: $id) { length } }';
    const answer = await stock.run({ query, variables: { id: 'a' }, operationName: 'B' });
    expect(answer).toEqual({ data: { word: { length: 5 } }, errors: [] });
    expect(stock.calls.map((call) => call.service)).toEqual(['words', 'lengths']);
    await stock.close();
  });
});

const apple = { id: 'a', text: 'apple' };

function word(id: unknown): object | null {
  if (id === 'bad') throw new Error('unreadable');
  return id === 'a' ? apple : null;
}

const small: Fixture = {
  name: 'small',
  about: 'as little as the oracles can be tried with',
  subgraphs: {
    words: {
      typeDefs: federated(
        'type Query { word(id: ID!): Word } type Word @key(fields: "id") { id: ID! text: String }',
      ),
      resolvers: {
        Query: { word: (_, { id }) => word(id) },
        Word: { __resolveReference: (key) => word(key.id) },
      },
    },
    lengths: {
      typeDefs: federated('type Word @key(fields: "id") { id: ID! length: Int }'),
      resolvers: { Word: { length: () => 5 } },
    },
  },
  monolith: {
    typeDefs: 'type Query { word(id: ID!): Word } type Word { id: ID! text: String length: Int }',
    resolvers: { Query: { word: (_, { id }) => word(id) }, Word: { length: () => 5 } },
  },
  operations: [],
};
