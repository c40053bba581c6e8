/** REST calls described in graph.yaml: the example of docs/how-to/rest-mapping.md, hostile values, wrong answers. */

import { readFile } from 'node:fs/promises';

import { GraphQLInt, GraphQLList, GraphQLString } from 'graphql';
import { describe, expect, it } from 'vitest';

import { checked } from '../../src/services/rest-mapping/mapped-values.ts';
import { entitiesFrom } from './support/fetch.ts';
import { opened, subgraphOf } from './support/mapped.ts';
import type { Answer } from './support/stand-in.ts';

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

  it('refuses keys that no header can have, and the source goes on', async () => {
    const { ask, asked } = await example();
    const rename = (key: string) =>
      `mutation { renameUser(id: "u1", input: { first: "A" }, key: "${key}") { id } }`;
    for (let round = 0; round < 20; round += 1) {
      const { errors } = await ask(rename(`日${round}`));
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', service: 'users' } }]);
    }
    expect(await ask(rename('good'))).toEqual({ data: { renameUser: { id: 'u1' } } });
    expect(await ask('{ user(id: "u2") { id } }')).toEqual({ data: { user: { id: 'u2' } } });
    expect(asked()).toEqual(['PATCH /users/u1', 'GET /users/u2']);
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
    ['a?c#d', '/users/a%3Fc%23d'],
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

  const leadsAway = 'a slash, a backslash or a dot segment in it would lead to another path';
  const unsendable = 'it has a line end, a NUL or half a surrogate pair';
  it.each([
    ['', 'it is empty'],
    ['.', leadsAway],
    ['..', leadsAway],
    ['../admin', leadsAway],
    ['a/b', leadsAway],
    ['a\\b', leadsAway],
    ['%2e%2E', leadsAway],
    ['a\r\nx: y', unsendable],
    ['a\0', unsendable],
    ['\ud800', unsendable],
  ])('are refused where no encoding helps: %j', async (id, reason) => {
    const { ask, asked } = await example();
    const { data, errors } = await ask('query ($id: ID!) { user(id: $id) { id } }', { variables: { id } });
    expect([data, errors?.[0]?.extensions, errors?.[0]?.message]).toEqual([
      { user: null },
      { code: 'BAD_USER_INPUT', service: 'users' },
      `the value given for "id" cannot be sent to users: ${reason}`,
    ]);
    expect(asked()).toEqual([]);
  });
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

it.each([
  [GraphQLString, { address: 'ada@example.com' }, 'String cannot represent an object'],
  [GraphQLInt, 'ada@example.com', 'Int cannot represent a string'],
  [new GraphQLList(GraphQLInt), 'ada@example.com', 'expected a list'],
])('a value that is no %s is in no reason: %j', (type, value, reason) => {
  expect(() => checked('users', value, type)).toThrow(
    expect.objectContaining({ code: 'SERVICE_BAD_RESPONSE', cause: new TypeError(reason) }),
  );
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
  const reference = { __typename: 'Box', id: 'a b', org: { id: 'o:1' }, weight: 300 };
  const { entities } = await entitiesFrom(subgraph, '... on Box { id parcel { price } }', [reference]);
  expect(entities).toEqual([{ id: 'a b', parcel: { price: 5 } }]);
  expect(asked()).toEqual([
    'GET /p%3Aq2x/true.json',
    'GET /first',
    'GET /boxes/7/b1',
    'GET /orgs/o%3A1/boxes/a%20b',
    'POST /price',
  ]);
  expect(calls().at(-1)?.body).toBe('{"grams":300,"list":[1,"a b"]}');
});

it('paths have colons, parameters that span segments, and lists in one of two styles', async () => {
  const schema = `type Query { batch: Box, cancel(id: ID!): Box, file(path: String!): Box, by(tags: [String!]): Box, with(tags: [String!]): Box, boxes(ids: [ID!]!): [Box] }
type Box { id: ID! }`;
  const rest = `fields:
        Query.batch: { get: '/v1/boxes:batchGet' }
        Query.cancel: { search: '/v1/boxes/{args.id}:cancel' }
        Query.file: { get: '/files/{args.path*}' }
        Query.by: { get: /boxes, query: { tag: '{args.tags}', first: 3 } }
        Query.with: { get: /boxes, query: { 'tag[]': '{args.tags}' }, lists: repeat }
        Query.boxes: { bulk: /boxes, ids: { query: id }, lists: repeat, id: '{args.ids}' }`;
  const { ask, asked } = await subgraphOf(schema, rest, ({ url }, response) =>
    response.end(url.includes('id=') ? '[{"id":"a,b"},{"id":"c"}]' : '{"id":"b1"}'),
  );
  const fields = [
    'batch { id }',
    'cancel(id: "b 1") { id }',
    'file(path: "a b/c") { id }',
    'by(tags: ["x", "y&z"]) { id }',
    'by(tags: []) { id }',
    'with(tags: ["x,y", "z"]) { id }',
    'with(tags: []) { id }',
    'boxes(ids: ["a,b", "c"]) { id }',
  ];
  for (const field of fields) expect((await ask(`{ ${field} }`)).errors).toBeUndefined();
  expect(asked()).toEqual([
    'GET /v1/boxes:batchGet',
    'POST /v1/boxes/b%201:cancel',
    'GET /files/a%20b/c',
    'GET /boxes?tag=x,y%26z&first=3',
    'GET /boxes?first=3',
    'GET /boxes?tag%5B%5D=x%2Cy&tag%5B%5D=z',
    'GET /boxes',
    'GET /boxes?id=a%2Cb&id=c',
  ]);
  const { errors } = await ask('{ file(path: "a/../../users") { id } }');
  expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', service: 'users' });
});

it('resolvers in TypeScript have the fields that are no calls', async () => {
  const define = new URL('../../src/services/define.ts', import.meta.url).href;
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

/** As it stands in docs/how-to/rest-mapping.md. */
async function example() {
  const docs = await readFile(new URL('../../docs/how-to/rest-mapping.md', import.meta.url), 'utf8');
  const examples = docs.matchAll(/<!-- example: (\S+) -->\n+```\w+\n([^]*?)```/g);
  return opened(
    Object.fromEntries(Array.from(examples, ([, name = '', text = '']) => [name, text])),
    'people',
    service,
  );
}
