/** What is wrong with a mapping of graph.yaml to REST calls is told with its place. */

import { describe, expect, it } from 'vitest';

import { subgraphOf } from './support/mapped.ts';
import { json } from './support/stand-in.ts';

describe('a mapping that does not fit', () => {
  const schema = `
type Query { user(id: ID!, tag: String, tags: [ID!], in: In): User, users: [User], any: Any }
type Mutation { rename(id: ID!): User }
input In { name: String! }
interface Any { id: ID! }
type User @key(fields: "id") @key(fields: "id org { id }") { id: ID!, email: String, friends: [User], tags: [String] }
extend type User { org: Org }
type Org @key(fields: "id name") { id: ID!, name: String }`;

  it.each([
    [
      'fields: { Query.usr: { get: /a } }',
      'fields.Query.usr: the schema has no field Query.usr (did you mean "user"?)',
    ],
    [
      'fields: { Usr.id: { get: /a } }',
      'fields.Usr.id: the schema has no object type Usr (did you mean "User"?)',
    ],
    [
      'fields: { Query.user: { get: "/a/{args.idd}" } }',
      'fields.Query.user.get: {args.idd}: the field has no argument idd (did you mean "id"?)',
    ],
    [
      'fields: { Query.user: { get: "/a/{args.in.nam}" } }',
      'fields.Query.user.get: {args.in.nam}: in has no field nam (did you mean "name"?)',
    ],
    [
      'fields: { Query.user: { get: "/a/{args.in.name}" } }',
      'fields.Query.user.get: {args.in.name}: it may be null, and a path needs a value',
    ],
    [
      'fields: { Query.user: { get: "/a/{args.tag}" } }',
      'fields.Query.user.get: {args.tag}: it may be null, and a path needs a value',
    ],
    ['fields: { Query.user: { get: "/a/{args.tags}" } }', 'fields.Query.user.get: {args.tags}: it is a list'],
    [
      'fields: { Query.user: { get: /a, query: { q: "{args.in}" } } }',
      'fields.Query.user.query.q: {args.in}: it is an object; name a field of it',
    ],
    [
      'fields: { Query.user: { get: "/a/{parent.id}" } }',
      'fields.Query.user.get: {parent.id}: a field of Query has no parent; expected {args...}',
    ],
    [
      'fields: { Query.user: { get: "/a/{id}" } }',
      'fields.Query.user.get: expected placeholders such as {args.id}, {parent.id}, {record.id} or {key.id}, and no other braces',
    ],
    [
      'fields: { Query.user: { get: "/a/../b" } }',
      'fields.Query.user.get: expected a path without empty steps, "." and ".." and without "/:name"',
    ],
    [
      'fields: { Query.user: { get: "/a/:id" } }',
      'fields.Query.user.get: expected a path without empty steps, "." and ".." and without "/:name"',
    ],
    [
      'fields: { Query.user: { get: /a, query: { q: "{args.id*}" } } }',
      'fields.Query.user.query.q: {args.id*}: only in a path may it end with "*"',
    ],
    [
      'fields: { Query.user: { get: /a, lists: commas } }',
      'fields.Query.user.lists: expected "comma" or "repeat", got "commas" (did you mean "comma"?)',
    ],
    [
      'fields: { Query.user: { get: "/a?x=1" } }',
      'fields.Query.user.get: expected a path such as /users/{args.id}, without a query, got "/a?x=1"',
    ],
    [
      'fields: { Query.user: { get: /a, query: { q: {args.id} } } }',
      'fields.Query.user.query.q: expected a string or a number or true or false, got a map',
    ],
    [
      'fields: { User.friends: { get: "/a/{parent.idd}" } }',
      'fields.User.friends.get: {parent.idd}: the schema has no field User.idd (did you mean "id"?)',
    ],
    [
      'fields: { User.friends: { get: "/a/{parent.friends}" } }',
      'fields.User.friends.get: {parent.friends}: it is a call of its own, and not known before',
    ],
    [
      'fields: { User.friends: { get: "/a/{key.id}" } }',
      'fields.User.friends.get: {key.id}: only entities have a key; expected {args...}, {parent...} or {record...}',
    ],
    [
      'fields: { Query.user: { post: /a } }',
      'fields.Query.user.post: expected for a field of Query get, search or bulk: it only asks',
    ],
    [
      'fields: { Mutation.rename: { get: /a } }',
      'fields.Mutation.rename.get: expected for a field of Mutation post, put, patch, delete',
    ],
    [
      'fields: { Query.user: { get: /a, search: /b } }',
      'fields.Query.user: expected one of get, search, post, put, patch, delete, bulk, object, got several',
    ],
    [
      'fields: { Query.user: { select: a } }',
      'fields.Query.user: expected one of get, search, post, put, patch, delete, bulk, object, got none',
    ],
    ['fields: { Query.user: { gett: /a } }', 'fields.Query.user.gett: unknown key (did you mean "get"?)'],
    [
      'fields: { Query.user: { get: /a, body: {} } }',
      'fields.Query.user.body: goes only with search, post, put, patch',
    ],
    [
      'fields: { Query.user: { get: /a, source: user } }',
      'fields.Query.user.source: expected a source of kind rest among "sources" of the subgraph, got "user" (did you mean "users"?)',
    ],
    [
      'fields: { Query.user: { bulk: /a, id: "{args.id}" } }',
      'fields.Query.user: expected "ids" with "bulk": how the ids are sent',
    ],
    [
      'fields: { Query.user: { bulk: /a, ids: { query: i } } }',
      'fields.Query.user: expected "id" with "bulk": which one is asked for, such as "{parent.userId}"',
    ],
    [
      'fields: { User.friends: { bulk: /a, ids: { query: i }, id: "{parent.id}" } }',
      'fields.User.friends.id: one id is for one object, and a list of ids for a list',
    ],
    [
      'fields: { Query.any: { get: /a } }',
      'fields.Query.any: Any is abstract: which type an answer is, only a resolver can say',
    ],
    [
      'fields: { User.org: { object: { idd: "{record.org}" } } }',
      'fields.User.org.object.idd: the schema has no field Org.idd (did you mean "id"?)',
    ],
    [
      'entities: { Usr: { get: /a } }',
      'entities.Usr: the schema has no object type Usr (did you mean "User"?)',
    ],
    ['entities: { Query: { get: /a } }', 'entities.Query: type Query has no @key in the schema'],
    [
      'entities: { User: { get: "/a/{key.idd}" } }',
      'entities.User.get: {key.idd}: it is not in the @key (did you mean "id"?)',
    ],
    [
      'entities: { User: { get: "/a/{key.org.id}" } }',
      'entities.User.get: {key.org.id}: it is not in every @key',
    ],
    [
      'entities: { Org: { bulk: /a, ids: { query: i } } }',
      'entities.Org: expected "id" with "bulk", as Org has not exactly one key of one field',
    ],
    [
      'rename: { User.mail: e }',
      'rename.User.mail: the schema has no field User.mail (did you mean "email"?)',
    ],
    [
      'rename: { User.email: "a..b" }',
      'rename.User.email: expected names of the answer such as data.items, joined by dots, got "a..b"',
    ],
    ['fields: {}', 'fields: nothing resolves Query.users: map it here, or add "resolvers"'],
  ])('is told with its place: %s', async (rest, line) => {
    const error: unknown = await subgraphOf(schema, rest, json({})).catch((reason: unknown) => reason);
    const lines = (error as Error).message
      .split('\n')
      .map((one) => one.replace(/^.*?\/graph\.yaml:\d+:\d+ /, ''));
    expect(lines).toContain(`subgraphs.a.rest.${line}`);
  });

  it('says in which line', async () => {
    await expect(subgraphOf(schema, 'fields: { Query.usr: { get: /a } }', json({}))).rejects.toThrow(
      /graph\.yaml:8:17 subgraphs\.a\.rest\.fields\.Query\.usr: the schema has no field/,
    );
  });
});
