/** Which selections of limited fields an operation has, and with which arguments, as gates are told. */
import { describe, expect, it } from 'vitest';

import { limitedSelections } from '../../src/operation/limited-fields.ts';
import type { LimitedFieldNames } from '../../src/preparation/limited-fields/limited-fields.ts';
import { loadSupergraph } from '../../src/preparation/supergraph/supergraph.ts';
import { composedOf, costedSupergraph } from './costed-graph.ts';

const rateLimitLinks =
  '@link(url: "https://example.com/limits/v1.0", import: [{ name: "@rateLimit", as: "@atMost" }]) @composeDirective(name: "@atMost")';

const definition = 'directive @atMost(limit: Int!, window: String!, key: [String!]) on FIELD_DEFINITION';

const shop = `
  type Query { me: User users(first: Int): [User] node: Node }
  type Mutation { login(email: String!, password: String!): User search(input: Search, page: Int = 1): [Node] }
  input Search { text: String = "any" tags: [String!] }
  interface Node { id: ID! price(currency: String): Int }
  type User implements Node { id: ID! price(currency: String): Int friend: User }
  type Product implements Node { id: ID! price(currency: String): Int }
`;

function opened(names: LimitedFieldNames) {
  const graph = costedSupergraph(loadSupergraph(composedOf({ shop }), { limitedFields: names }));
  return (coordinate: string, query: string, values?: Record<string, unknown>) => {
    const { prepared, variables } = graph.prepare(query, values);
    return limitedSelections(prepared, coordinate, variables).map((selection) =>
      Object.fromEntries(selection),
    );
  };
}

describe('the selections of a limited field', () => {
  const selections = opened({
    fields: ['Mutation.login', 'Mutation.search', 'Node.price', 'Product.price', 'User.friend'],
    arguments: ['args.Mutation.login.email', 'args.Mutation.search.input.text', 'args.Mutation.search.page'],
  });

  it('count once for each alias', () => {
    expect(
      selections(
        'Mutation.login',
        'mutation { a: login(email: "x", password: "p") { id } b: login(email: "y", password: "p") { id } }',
      ),
    ).toEqual([{ email: 'x' }, { email: 'y' }]);
  });

  it('count once where fields with one name are merged, and never for each element of a list', () => {
    const query = '{ users { friend { id } friend { id } ...More } } fragment More on User { friend { id } }';
    expect(selections('User.friend', query)).toEqual([{}]);
    expect(selections('User.friend', '{ me { friend { friend { friend { id } } } } }')).toHaveLength(3);
  });

  it('count only where variables include them', () => {
    const query =
      'mutation ($a: Boolean!, $b: Boolean!) { login(email: "x", password: "p") @include(if: $a) { id } ... @skip(if: $b) { login(email: "x", password: "p") { id } } }';
    expect(selections('Mutation.login', query, { a: false, b: true })).toEqual([]);
    expect(selections('Mutation.login', query, { a: false, b: false })).toEqual([{ email: 'x' }]);
    expect(selections('Mutation.login', query, { a: true, b: true })).toEqual([{ email: 'x' }]);
  });

  it('have the arguments that keys need, with the values of variables and with defaults', () => {
    const query =
      'mutation ($text: String, $input: Search) { a: search(input: { text: $text, tags: ["t"] }, page: 2) { id } b: search(input: $input) { id } c: search { id } }';
    expect(selections('Mutation.search', query, { text: 'shoes', input: { tags: [] } })).toEqual([
      { input: { text: 'shoes', tags: ['t'] }, page: 2 },
      { input: { text: 'any', tags: [] }, page: 1 },
      { page: 1 },
    ]);
    expect(selections('Mutation.search', query)[0]).toEqual({ input: { text: 'any', tags: ['t'] }, page: 2 });
  });

  it('of an interface are those on its members, and of a member those on its interface', () => {
    expect(
      selections('Node.price', '{ me { price } node { price ... on Product { other: price } } }'),
    ).toHaveLength(3);
    expect(
      selections('Product.price', '{ me { price } node { price ... on Product { other: price } } }'),
    ).toHaveLength(2);
    expect(selections('Product.price', '{ node { ... on User { price } } }')).toHaveLength(0);
  });

  it('are not in operations that select none', () => {
    const graph = costedSupergraph(
      loadSupergraph(composedOf({ shop }), { limitedFields: { fields: ['Mutation.login'], arguments: [] } }),
    );
    expect(graph.prepare('{ me { id } }').prepared).not.toHaveProperty('limitedFields');
  });
});

it('names that are not in the graph are refused, all of them, with what may be meant', () => {
  const limitedFields = {
    fields: ['Mutation.logn', 'Usr.friend'],
    arguments: ['args.Mutation.login.mail', 'args.Mutation.search.input.txt', 'args.Mutation.search.page.x'],
  };
  expect(() => loadSupergraph(composedOf({ shop }), { limitedFields })).toThrow(
    [
      'limits of gateway.yaml: Mutation.logn is not in the graph (did you mean "login"?)',
      'limits of gateway.yaml: Usr is no object type or interface of the graph (did you mean "User"?)',
      'limits of gateway.yaml: Mutation.login has no mail (did you mean "email"?)',
      'limits of gateway.yaml: Mutation.search.input has no txt (did you mean "text"?)',
      'limits of gateway.yaml: Mutation.search.page has no x',
    ].join('\n'),
  );
});

describe('@rateLimit of a subgraph', () => {
  const limited = (login: string): string =>
    `${definition} type Query { a: Int @atMost(limit: 5, window: "10s") } type Mutation { login(email: String!): Int ${login} }`;

  it('survives composition under the name that it was imported by', () => {
    const sdl = composedOf(
      { one: limited('@atMost(limit: 3, window: "1h", key: ["address", "args.Mutation.login.email"])') },
      rateLimitLinks,
    );
    const supergraph = loadSupergraph(sdl);
    expect(supergraph.rateLimits).toEqual([
      { coordinate: 'Mutation.login', limit: 3, window: '1h', key: ['address', 'args.Mutation.login.email'] },
      { coordinate: 'Query.a', limit: 5, window: '10s', key: null },
    ]);
    const { prepared, variables } = costedSupergraph(supergraph).prepare(
      'mutation ($e: String!) { login(email: $e) }',
      { e: 'x' },
    );
    expect(limitedSelections(prepared, 'Mutation.login', variables)).toEqual([new Map([['email', 'x']])]);
  });

  it.each([
    ['limit: 0, window: "1m"', 'has no limit from 1 to 4294967295'],
    ['limit: 1, window: "1 minute"', 'has the window "1 minute": expected a duration such as 30s'],
    ['limit: 1, window: "400d"', 'has the window "400d": expected'],
    ['limit: 1, window: "1m", key: ["ip"]', 'has the key "ip": expected address, '],
    ['limit: 1, window: "1m", key: []', 'has a key of 0 parts'],
    [
      'limit: 1, window: "1m", key: ["global", "client"]',
      'has a key that cannot be used: expected global to stand alone',
    ],
    [
      'limit: 1, window: "1m", key: ["args.Mutation.login.mail"]',
      'Mutation.login has no mail (did you mean "email"?)',
    ],
    ['limit: 1, window: "1m", key: ["args.Query.a.x"]', 'expected an argument of this field'],
  ])('is refused with its place: %s', (text, problem) => {
    const sdl = composedOf({ one: limited(`@atMost(${text})`) }, rateLimitLinks);
    const load = (): unknown => loadSupergraph(sdl);
    expect(load).toThrow('@atMost of Mutation.login ');
    expect(load).toThrow(problem);
  });
});
