import { describe, expect, it } from 'vitest';

import { MockSchema } from './mock-schema.ts';

const sdl = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires"])

scalar DateTime
scalar Date
scalar Money
enum Status { ACTIVE RETIRED }
enum Size { SMALL LARGE }
interface Node { id: ID! }
union Result = Book | Author
input Filter { status: Status, title: String }

type Query {
  book(id: ID!): Book
  byBook(bookId: ID!): Book
  books(first: Int, filter: Filter, status: Status, ids: [ID!]): [Book!]!
  matrix: [[Int!]!]!
  node(id: ID!): Node
  search(text: String!): [Result!]!
  everything: Values!
  found(input: Filter!): Book
}
type Mutation { rename(id: ID!, title: String!): Book! }
type Values { id: ID!, authorId: ID, int: Int!, float: Float!, text: String!, flag: Boolean!, at: DateTime!, day: Date!, price: Money!, size: Size! }
type Book implements Node @key(fields: "id") {
  id: ID!
  title: String!
  status: Status!
  authors: [Author!]!
  weight: Int @external
  shipping: Int @requires(fields: "weight")
}
type Author implements Node @key(fields: "id organization { id }") @key(fields: "name country") { id: ID!, name: String!, country: Size!, organization: Organization, books: [Book!]! }
type Organization @key(fields: "id") { id: ID!, name: String! }
`;

const mock = new MockSchema('books', sdl);

async function data(query: string, variables: Record<string, unknown> = {}): Promise<unknown> {
  const { data: result, errors } = await mock.answer({ query, variables });
  expect(errors).toBeUndefined();
  return JSON.parse(JSON.stringify(result)) as unknown;
}

describe('a mock', () => {
  it.each([
    ['an argument', '{ book(id: "b1") { id } }', { book: { id: 'b1' } }],
    ['an argument named like the type', '{ byBook(bookId: "b1") { id } }', { byBook: { id: 'b1' } }],
    ['an aliased field', '{ a: book(id: "b1") { key: id } }', { a: { key: 'b1' } }],
    [
      'a mutation',
      'mutation { rename(id: "b1", title: "New") { id title } }',
      { rename: { id: 'b1', title: 'New' } },
    ],
    [
      'an input object',
      '{ found(input: { status: RETIRED, title: "x" }) { status title } }',
      { found: { status: 'RETIRED', title: 'x' } },
    ],
    [
      'a list of ids',
      '{ books(ids: ["b1", "b2", "b3", "b4"]) { id } }',
      { books: [{ id: 'b1' }, { id: 'b2' }, { id: 'b3' }, { id: 'b4' }] },
    ],
    [
      'an argument of a list',
      '{ books(first: 1, status: RETIRED) { status } }',
      { books: [{ status: 'RETIRED' }] },
    ],
    ['no items where none are asked for', '{ books(first: 0) { id } }', { books: [] }],
  ])('answers with what %s says', async (_what, query, expected) => {
    expect(await data(query)).toEqual(expected);
  });

  it('has a valid value for each scalar, and the first value of an enum', async () => {
    const { everything } = (await data(
      '{ everything { id authorId int float text flag at day price size } }',
    )) as { everything: Record<string, unknown> };
    expect(everything).toEqual({
      id: expect.stringMatching(/^values-\d+$/) as unknown,
      authorId: expect.stringMatching(/^author-\d+$/) as unknown,
      int: expect.any(Number) as unknown,
      float: expect.any(Number) as unknown,
      text: expect.stringMatching(/^text \d+$/) as unknown,
      flag: expect.any(Boolean) as unknown,
      at: expect.stringMatching(/^2026-\d\d-\d\dT00:00:00\.000Z$/) as unknown,
      day: expect.stringMatching(/^2026-\d\d-\d\d$/) as unknown,
      price: expect.stringMatching(/^price \d+$/) as unknown,
      size: 'SMALL',
    });
    expect(Number.isInteger(everything['int'])).toBe(true);
  });

  it('answers the same each time, in another process too', async () => {
    const query = '{ books { id title authors { name books { id } } } search(text: "a") { __typename } }';
    const answer = await data(query);
    expect(await data(query)).toEqual(answer);
    expect(await new MockSchema('books', sdl).answer({ query })).toEqual({ data: answer });
    expect(await data('{ book(id: "b1") { title } }')).toEqual({ book: { title: 'title 2086' } });
  });

  it('tells fields with other arguments apart', async () => {
    const { a, b } = (await data('{ a: book(id: "1") { title } b: book(id: "2") { title } }')) as Record<
      string,
      unknown
    >;
    expect(a).not.toEqual(b);
  });

  it('has two or three different items in a list, and in the lists within', async () => {
    const { books, matrix } = (await data('{ books { id authors { name } } matrix }')) as {
      books: Array<{ id: string; authors: unknown[] }>;
      matrix: number[][];
    };
    for (const list of [books, matrix, ...matrix, ...books.map(({ authors }) => authors)])
      expect([2, 3]).toContain(list.length);
    expect(new Set(books.map(({ id }) => id)).size).toBe(books.length);
  });

  it('gives interfaces and unions one of their types', async () => {
    const { node, search } = (await data(
      '{ node(id: "n1") { __typename id } search(text: "x") { __typename ... on Book { title } ... on Author { name } } }',
    )) as { node: { __typename: string; id: string }; search: Array<Record<string, string>> };
    expect(['Book', 'Author']).toContain(node.__typename);
    expect(node.id).toBe('n1');
    for (const item of search) expect(item['title'] ?? item['name']).toMatch(/^(title|name) \d+$/);
  });

  const entities =
    'query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Book { id title shipping } ... on Author { name country organization { id name } } ... on Organization { name } } }';

  it('resolves entities by their keys, in order, as they are elsewhere', async () => {
    const { _entities: answered } = (await data(entities, {
      r: [
        { __typename: 'Book', id: 'b2' },
        { __typename: 'Book', id: 'b1', weight: 3 },
        { __typename: 'Author', name: 'Ann', country: 'LARGE' },
        { __typename: 'Author', id: 'a1', organization: { id: 'o1' } },
        { __typename: 'Missing', id: 'x' },
      ],
    })) as { _entities: Array<Record<string, unknown> | null> };
    const { one, two, org } = (await data(
      '{ one: book(id: "b1") { title } two: book(id: "b2") { title } org: book(id: "b1") { id } }',
    )) as Record<string, Record<string, unknown>>;
    expect(org).toEqual({ id: 'b1' });
    expect(answered[0]).toMatchObject({ __typename: 'Book', id: 'b2', ...two });
    expect(answered[1]).toMatchObject({ __typename: 'Book', id: 'b1', ...one });
    expect(answered[2]).toMatchObject({ __typename: 'Author', name: 'Ann', country: 'LARGE' });
    expect(answered[3]).toMatchObject({ __typename: 'Author', organization: { id: 'o1' } });
    expect(answered[4]).toBeNull();
    const [organization] = (
      (await data(entities, { r: [{ __typename: 'Organization', id: 'o1' }] })) as {
        _entities: Array<{ name: string }>;
      }
    )._entities;
    expect(answered[3]).toMatchObject({ organization: { name: organization?.name } });
  });

  it('states its schema', async () => {
    const { _service } = (await data('{ _service { sdl } }')) as { _service: { sdl: string } };
    expect(_service.sdl).toMatch(/type Book implements Node\s+@key\(fields: "id"\)/);
  });

  it('stops where an answer would be too large', async () => {
    const nested = 'authors { books { '.repeat(9);
    const { books } = (await data(`{ books { ${nested} id ${'} }'.repeat(9)} } }`)) as { books: unknown[] };
    const ids = JSON.stringify(books).match(/"(id|books|authors)"/g) ?? [];
    expect(ids.length).toBeGreaterThan(1000);
    expect(ids.length).toBeLessThan(30_000);
  });

  it.each([
    ['{ missing }', 'Cannot query field "missing" on type "Query".'],
    ['{ book', 'Syntax Error: Expected Name, found <EOF>.'],
    ['{ book { id } }', 'Field "book" argument "id" of type "ID!" is required, but it was not provided.'],
  ])('refuses %s', async (query, message) => {
    const { errors } = await mock.answer({ query });
    expect(errors?.map((error) => error.message)).toEqual([message]);
  });

  it('refuses a schema that is none', () => {
    expect(() => new MockSchema('books', 'type Query {')).toThrow(
      'subgraph books cannot be mocked: Syntax Error: Expected Name, found <EOF>.',
    );
  });
});
