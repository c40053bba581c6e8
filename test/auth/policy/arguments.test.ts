/** A rule sees the arguments as the backend gets them, and its parent as the backend gave it, however they are asked for. */
import { expect, it } from 'vitest';

import { serveGraph } from '../guarded-graph.ts';
import { guardedGateway } from '../support/guarded-gateway.ts';

const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  type Query { movies: [Movie!]! media: [Medium!]! find(filter: JSON, ids: [ID!], more: More): String }
  scalar JSON
  input More { who: ID tags: [String!] = ["x"] inner: More }
  interface Medium { id: ID! title: String }
  type Book implements Medium @key(fields: "id") { id: ID! title: String }
  type Movie implements Medium @key(fields: "id") {
    id: ID! title: String note: String owner: Person copy(number: Int = 1): String
  }
  type Person @key(fields: "id") { id: ID! name: String }`;

/** What backends were asked to find. */
const found: unknown[] = [];
const movie = { __typename: 'Movie', id: 'm1', title: 'm9', note: 'canary', owner: { id: 'p1', name: 'p9' } };
const copy = ({ number }: { readonly number: number }): string => `copy ${number}`;
const resolvers = {
  Query: {
    movies: () => [{ ...movie, copy }],
    media: () => [
      { __typename: 'Book', id: 'm9', title: 'm9' },
      { ...movie, copy },
    ],
    find: (_: unknown, given: object) => String(found.push(given)),
  },
};

/** Tells what it sees: the answer is the decision. */
const policy = `export const policy = ({ rule, allow }) => {
  const told = (what) => Object.assign(new Error('denied'), { extensions: { code: JSON.stringify(what) } });
  const fragment = '{ id owner { id } copy }';
  return {
    fallbackRule: allow,
    permissions: {
      Movie: { note: rule('parent', { cache: 'strict', fragment })((parent) => told(parent)) },
      Query: { find: rule('input', { cache: 'strict' })((_, args, { operation }) => operation.name === 'Run' || told(args)) },
    },
  };
};`;

const serve = (): ReturnType<typeof serveGraph> => serveGraph({ movies: { sdl, resolvers } });
const codeOf = (errors: ReadonlyArray<{ extensions: Readonly<Record<string, unknown>> }> = []): unknown =>
  JSON.parse(String(errors[0]?.extensions['code']));

it('aliases in the operation change nothing of the parent', async () => {
  const graph = await guardedGateway({ serve, policy });
  for (const query of [
    '{ movies { note } }',
    '{ movies { id: title note } }',
    '{ movies { id: title owner: title copy: title note } }',
    '{ movies { owner { id: name } note } }',
    '{ movies { copy(number: 2) note } }',
    '{ movies { copy: copy(number: 2) other: note } }',
    '{ media { id: title ... on Movie { owner { id: name } note } } }',
    '{ media { ... on Book { id: title } ... on Movie { id: title note } } }',
    '{ movies { note id: title } movies { copy: title } }',
  ]) {
    const { text, errors } = await graph.query(query);
    expect(text).not.toContain('canary');
    expect(codeOf(errors), query).toEqual({
      __typename: 'Movie',
      id: 'm1',
      owner: { id: 'p1' },
      copy: 'copy 1',
    });
  }
});

it('arguments are those that the backend gets: variables, defaults, lists of one, scalars with anything in them', async () => {
  const graph = await guardedGateway({ serve, policy });
  const variables = { id: 'i1', text: 'x1', more: { inner: { tags: 'one' } } };
  const asked: ReadonlyArray<[head: string, find: string]> = [
    ['($id: ID!)', 'find(ids: [$id, "i2"])'],
    ['($none: ID! = "i3")', 'find(ids: [$none])'],
    ['', 'find(ids: "i4")'],
    ['', 'find(more: { who: 5 })'],
    ['($none: [String!])', 'find(more: { tags: $none, inner: { who: "i6" } })'],
    ['($more: More)', 'find(more: $more)'],
    ['($text: String)', 'find(filter: { owner: $text, any: [$text, { of: $text }, 7, null] })'],
    ['($none: String)', 'find(filter: { owner: $none, kind: NAME })'],
    ['($none: JSON)', 'find(filter: $none)'],
  ];
  for (const [head, find] of asked) {
    const { errors } = await graph.query(`query Look${head} { ${find} }`, { variables });
    found.length = 0;
    const run = await graph.query(`query Run${head} { ${find} }`, { variables });
    expect(run.errors, run.text).toBeUndefined();
    expect(codeOf(errors), find).toEqual(JSON.parse(JSON.stringify(found[0])));
  }
});
