/** REST calls described in graph.yaml: the example of docs/sources.md, hostile values, wrong answers, wrong mappings. */

import { readFile } from 'node:fs/promises';

import { describe, expect, it, onTestFinished } from 'vitest';

import { loadGraphFile } from '../../src/config/graph-file.ts';
import { loadSubgraphs } from '../../src/subgraphs/load.ts';
import { folderWith } from '../support/folder.ts';
import { entitiesFrom, fetchFrom, type Fetch } from './support/fetch.ts';
import { type Answer, startStandIn } from './support/stand-in.ts';

const people: Readonly<Record<string, object>> = {
  u1: {
    id: 'u1',
    name: { full: 'Ann' },
    email: 'a@x',
    manager_id: 'u2',
    team_ids: [7, 8, 9],
    favourite_upc: 'p1',
  },
  u2: { id: 'u2', name: { full: 'Bob' }, manager_id: null, team_ids: [] },
  u3: { id: 'u3', name: { full: 'Cy' }, manager_id: 'u2' },
};

/** `/users?ids=` in another order than asked, with what is missing left out and errors for single ids. */
const service: Answer = ({ url, method, body }, response) => {
  const { pathname, searchParams } = new URL(url, 'http://service');
  const answer = (value: unknown, status = 200): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  const ids = searchParams.get('ids');
  const [, collection, id] = pathname.split('/');
  if (collection === 'teams') {
    const { keys } = JSON.parse(body) as { keys: readonly string[] };
    const teams = keys.filter((key) => key !== '8').map((key) => ({ id: Number(key), label: `Team ${key}` }));
    answer(teams.toReversed());
  } else if (ids !== null) {
    const items = ids
      .split(',')
      .flatMap((one) =>
        one === 'bad' ? { id: one, error: { message: 'no', code: 'HIDDEN' } } : (people[one] ?? []),
      );
    answer({ data: { items: items.toReversed() } });
  } else if (id === undefined) answer({ data: { items: Object.values(people) } });
  else if (method === 'PATCH')
    answer({ ...people['u1'], ...(JSON.parse(body) as object), name: { full: 'New' } });
  else answer(people[decodeURIComponent(id)] ?? {}, people[decodeURIComponent(id)] ? 200 : 404);
};

describe('the example of the documentation', () => {
  it('gets one thing, and null for 404', async () => {
    const { ask, asked } = await example();
    expect(await ask('{ user(id: "u1") { id name email favourite { upc } } }')).toEqual({
      data: { user: { id: 'u1', name: 'Ann', email: 'a@x', favourite: { upc: 'p1' } } },
    });
    expect(await ask('{ user(id: "u9") { id } }')).toEqual({ data: { user: null } });
    expect(await ask('{ user(id: "u2") { email favourite { upc } } }')).toEqual({
      data: { user: { email: null, favourite: null } },
    });
    expect(asked()).toEqual(['GET /users/u1', 'GET /users/u9', 'GET /users/u2']);
  });

  it('sends parameters that have a value, and selects from the answer', async () => {
    const { ask, asked } = await example();
    expect(await ask('{ users(role: "a&b=c") { name } }')).toEqual({
      data: { users: [{ name: 'Ann' }, { name: 'Bob' }, { name: 'Cy' }] },
    });
    await ask('{ users(first: 3, role: null) { name } }');
    expect(asked()).toEqual(['GET /users?role=a%26b%3Dc&active=true', 'GET /users?limit=3&active=true']);
  });

  it('sends changes with what was given, in its own types', async () => {
    const { ask, calls } = await example();
    const text = 'mutation ($i: NameInput!) { renameUser(id: "u1", input: $i, key: "k1") { name } }';
    expect(await ask(text, { variables: { i: { first: 'A', last: null } } })).toEqual({
      data: { renameUser: { name: 'New' } },
    });
    const [call] = calls();
    expect([call?.method, call?.url, JSON.parse(call?.body ?? '')]).toEqual([
      'PATCH',
      '/users/u1',
      { name: { first: 'A', last: null }, by: 'gateway' },
    ]);
    expect(call?.headers['idempotency-key']).toBe('k1');
  });

  it('asks bulk endpoints once, in whatever order they answer, with null for what is missing', async () => {
    const { ask, asked } = await example();
    expect(await ask('{ users { id manager { name } teams { id title } } }')).toEqual({
      data: {
        users: [
          {
            id: 'u1',
            manager: { name: 'Bob' },
            teams: [{ id: '7', title: 'Team 7' }, null, { id: '9', title: 'Team 9' }],
          },
          { id: 'u2', manager: null, teams: [] },
          { id: 'u3', manager: { name: 'Bob' }, teams: null },
        ],
      },
    });
    expect(asked().slice(1).toSorted()).toEqual(['GET /users?ids=u2', 'POST /teams/find']);
  });

  it('finds entities by their keys: order kept, missing ones null, errors for their id alone', async () => {
    const { subgraph, asked } = await example();
    const references = ['u2', 'u9', 'bad', 'u1', 'u2', 'a,b'].map((id) => ({ __typename: 'User', id }));
    const { entities, answer } = await entitiesFrom(subgraph, '... on User { id name }', references);
    expect(entities).toEqual([
      { id: 'u2', name: 'Bob' },
      null,
      null,
      { id: 'u1', name: 'Ann' },
      { id: 'u2', name: 'Bob' },
      null,
    ]);
    expect(answer.errors?.map(({ path, extensions }) => [path?.[1], extensions])).toEqual([
      [2, { service: 'users', code: 'SERVICE_ERROR', serviceCode: 'HIDDEN' }],
      [5, { service: 'users', code: 'BAD_USER_INPUT' }],
    ]);
    expect(asked()).toEqual(['GET /users?ids=u2,u9,bad,u1']);
  });
});

describe('values of clients', () => {
  it.each([
    ['../admin', '/users/..%2Fadmin'],
    ['a/b?c#d', '/users/a%2Fb%3Fc%23d'],
    ['ä 🦊', '/users/%C3%A4%20%F0%9F%A6%8A'],
    ['{args.id}', '/users/%7Bargs.id%7D'],
    [':id', '/users/%3Aid'],
  ])('stay one segment of the path: %s', async (id, url) => {
    const { ask, asked } = await example();
    expect(await ask('query ($id: ID!) { user(id: $id) { id } }', { variables: { id } })).toEqual({
      data: { user: null },
    });
    expect(asked()).toEqual([`GET ${url}`]);
  });

  it.each(['', '.', '..', 'a\r\nx: y', 'a\0', '\ud800'])(
    'are refused where no encoding helps: %j',
    async (id) => {
      const { ask, asked } = await example();
      const { data, errors } = await ask('query ($id: ID!) { user(id: $id) { id } }', { variables: { id } });
      expect([data, errors?.[0]?.extensions, errors?.[0]?.message]).toEqual([
        { user: null },
        { code: 'BAD_USER_INPUT', service: 'users' },
        'the value given for "id" cannot be sent to users',
      ]);
      expect(asked()).toEqual([]);
    },
  );
});

describe('answers that do not fit the schema', () => {
  const schema =
    'type Query { a: A, list: [A!], n: [Int] } type A { i: Int, s: String!, constructor: String }';
  const rest = 'fields: { Query.a: { get: /a }, Query.list: { get: /list }, Query.n: { get: /n } }';

  it.each([
    ['{ a { i s } }', { i: 'x', s: 'fine' }, { a: { i: null, s: 'fine' } }, [['a', 'i']]],
    ['{ a { s } }', { s: null }, { a: null }, [['a', 's']]],
    ['{ a { s } }', ['x'], { a: null }, [['a']]],
    ['{ a { s } }', 'x', { a: null }, [['a']]],
    ['{ list { s } }', { s: 'x' }, { list: null }, [['list']]],
    ['{ n }', [1, 'x', null, 4], { n: [1, null, null, 4] }, [['n', 1]]],
    ['{ a { constructor } }', { s: 'x' }, { a: { constructor: null } }, []],
  ])('are errors at their place alone: %s of %j', async (query, answer, data, paths) => {
    const given = await subgraphOf(schema, rest, (_asked, response) => {
      response.end(JSON.stringify(answer));
    });
    const reply = await given.ask(query);
    expect(reply.data).toEqual(data);
    expect(reply.errors?.map(({ path }) => path) ?? []).toEqual(paths);
    for (const { extensions } of reply.errors ?? []) {
      expect(extensions).toEqual({ service: 'users', code: 'SERVICE_BAD_RESPONSE' });
    }
  });
});

it('paths, keys and sources of every form find their values', async () => {
  const schema = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
type Query { file(a: ID!, b: Int!, in: In!): Box, box: Box }
input In { flag: Boolean! }
type Box @key(fields: "id org { id }") { id: ID!, org: Org!, weight: Int @external, parcel: Parcel @requires(fields: "weight"), next: Box }
type Org { id: ID! }
type Parcel { price: Int }`;
  const rest = `fields:
        Query.file: { get: '/{args.a}{args.b}x/{args.in.flag}.json', source: users }
        Query.box: { get: /first, source: users }
        Box.next: { get: '/boxes/{record.next.id}/{parent.id}', source: users }
        Box.parcel: { search: /price, source: prices, body: { grams: '{parent.weight}', list: [1, '{parent.id}'] } }
      entities:
        Box: { get: '/orgs/{key.org.id}/boxes/{key.id}', source: users }
      rename: { Box.id: box_id, Parcel.price: money.amount }`;
  const answer: Answer = ({ url }, response) => {
    if (url === '/price') response.end('{"money":{"amount":5}}');
    else
      response.end(
        JSON.stringify({ box_id: 'b1', weight: 1, ...(url === '/first' ? { next: { id: 7 } } : {}) }),
      );
  };
  const { ask, asked, calls, subgraph } = await subgraphOf(schema, rest, answer, undefined, ['prices']);
  expect(await ask('{ file(a: "p:q", b: 2, in: { flag: true }) { id } }')).toEqual({
    data: { file: { id: 'b1' } },
  });
  // The second box says of no next one: there is nothing to ask for.
  expect(await ask('{ box { next { id next { id } } } }')).toEqual({
    data: { box: { next: { id: 'b1', next: null } } },
  });
  const reference = { __typename: 'Box', id: 'a b', org: { id: 'o/1' }, weight: 300 };
  const { entities } = await entitiesFrom(subgraph, '... on Box { id parcel { price } }', [reference]);
  expect(entities).toEqual([{ id: 'a b', parcel: { price: 5 } }]);
  expect(asked()).toEqual([
    'GET /p%3Aq2x/true.json',
    'GET /first',
    'GET /boxes/7/b1',
    'GET /orgs/o%2F1/boxes/a%20b',
    'POST /price',
  ]);
  expect(calls().at(-1)?.body).toBe('{"grams":300,"list":[1,"a b"]}');
});

it('resolvers in TypeScript have the fields that are no calls', async () => {
  const define = new URL('../../src/subgraphs/define.ts', import.meta.url).href;
  const module = `import { defineSubgraph } from ${JSON.stringify(define)};
export const subgraph = defineSubgraph({ sources: {}, resolvers: {
  Query: { hello: () => ({ who: () => 'me' }) }, User: { shout: ({ name }) => name.toUpperCase() } } });`;
  const schema =
    'type Query { user: User, hello: Hello } type User { name: String, shout: String } type Hello { who: String }';
  const given = await subgraphOf(
    schema,
    'fields: { Query.user: { get: /me } }',
    (_asked, response) => {
      response.end('{"name":"Ann"}');
    },
    module,
  );
  expect(await given.ask('{ user { name shout } hello { who } }')).toEqual({
    data: { user: { name: 'Ann', shout: 'ANN' }, hello: { who: 'me' } },
  });
  await expect(
    subgraphOf(schema, 'fields: { Query.hello: { get: /me }, Query.user: { get: /me } }', service, module),
  ).rejects.toThrow('subgraph a: both its resolvers and "rest" of graph.yaml are for Query.hello');
});

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
      'fields.Query.user.get: expected a path without empty steps, "." and ".." and without ":name"',
    ],
    [
      'fields: { Query.user: { get: "/a/:id" } }',
      'fields.Query.user.get: expected a path without empty steps, "." and ".." and without ":name"',
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
    const error: unknown = await subgraphOf(schema, rest, service).catch((reason: unknown) => reason);
    const lines = (error as Error).message
      .split('\n')
      .map((one) => one.replace(/^.*?\/graph\.yaml:\d+:\d+ /, ''));
    expect(lines).toContain(`subgraphs.a.rest.${line}`);
  });

  it('says in which line', async () => {
    await expect(subgraphOf(schema, 'fields: { Query.usr: { get: /a } }', service)).rejects.toThrow(
      /graph\.yaml:8:17 subgraphs\.a\.rest\.fields\.Query\.usr: the schema has no field/,
    );
  });
});

/** As it stands in docs/sources.md. */
async function example() {
  const docs = await readFile(new URL('../../docs/sources.md', import.meta.url), 'utf8');
  const examples = docs.matchAll(/<!-- example: (\S+) -->\n+```\w+\n([^]*?)```/g);
  return opened(
    Object.fromEntries(Array.from(examples, ([, name = '', text = '']) => [name, text])),
    'people',
    service,
  );
}

async function subgraphOf(
  schema: string,
  rest: string,
  answer: Answer,
  resolvers?: string,
  others: readonly string[] = [],
) {
  const names = ['users', ...others];
  const sources = names.map((name) => `${name}: { kind: rest, url: "\${USERS_URL}" }`);
  const graph = `subgraphs:
  a:
    kind: local
    schema: a.graphql
    owner: x
    sources: [${names.join(', ')}]
    rest:
      ${rest}
${resolvers === undefined ? '' : '    resolvers: a.mjs\n'}sources: { ${sources.join(', ')} }
`;
  const files = { 'graph.yaml': graph, 'a.graphql': schema, ...(resolvers ? { 'a.mjs': resolvers } : {}) };
  return opened(files, 'a', answer);
}

async function opened(files: Readonly<Record<string, string>>, name: string, answer: Answer) {
  const standIn = await startStandIn(answer);
  onTestFinished(() => standIn.close());
  const folder = await folderWith(files);
  const environment = { USERS_URL: standIn.url };
  const loaded = await loadSubgraphs(await loadGraphFile(`${folder}/graph.yaml`, { environment }));
  onTestFinished(() => loaded.close());
  const subgraph = loaded.subgraphs.get(name);
  return {
    subgraph,
    ask: (query: string, fetch?: Fetch) => fetchFrom(subgraph, query, fetch),
    calls: () => standIn.asked,
    asked: () => standIn.asked.map(({ method, url }) => `${method} ${url}`),
  };
}
