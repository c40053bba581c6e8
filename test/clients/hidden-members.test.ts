/** Members of lists whose type or value is hidden from a client: null with an error, or left out. */

import { describe, expect, it } from 'vitest';

import { ask } from '../support/ask.ts';
import { clientGateway } from './support/client-gateway.ts';

const schema = `type Query {
  feed: [Item!]
  nullable: [Item]
  nested: [[Item]]
  one: Item
  colours: [Colour!]
  colour: Colour
}
interface Item { id: ID! related: [Item] fails: String }
type Essay implements Item { id: ID! related: [Item] fails: String colour: Colour }
type Secret implements Item @tag(name: "internal") { id: ID! related: [Item] fails: String }
enum Colour { RED ULTRAVIOLET @tag(name: "internal") BLUE }`;

const resolvers = `
const item = (type, id, related = []) => ({ __typename: type, id, related });
const essay = item('Essay', 'e1', [item('Secret', 's2'), item('Essay', 'e2'), null]);
const feed = [item('Secret', 's1'), essay, item('Secret', 's3'), item('Essay', 'e3')];
const fails = ({ id }) => { throw new Error('broken ' + id); };
export const resolvers = {
  Query: {
    feed: () => feed,
    nullable: () => [...feed, null],
    nested: () => [[feed[0], feed[1]], [feed[2]], null],
    one: () => feed[0],
    colours: () => ['RED', 'ULTRAVIOLET', 'BLUE'],
    colour: () => 'ULTRAVIOLET',
  },
  Item: { __resolveType: ({ __typename }) => __typename },
  Essay: { fails, colour: () => 'ULTRAVIOLET' },
  Secret: { fails },
};`;

const clients = {
  strict: 'contract: { exclude: [internal] }\n',
  lenient: 'contract: { exclude: [internal] }\nhiddenMembers: drop\n',
  anonymous: '',
};

describe('members that are hidden from a client', () => {
  it('are left out of lists, and null elsewhere', async () => {
    const { url, keyOf } = await clientGateway({ schema, resolvers, clients });
    const query = `{
      feed { id related { id } }
      nullable { id __typename }
      nested { id }
      one { id }
      colours
      colour
    }`;
    const reply = await ask(url, query, { headers: keyOf('lenient') });
    const essay = { id: 'e1', related: [{ id: 'e2' }, null] };
    expect(reply.data).toEqual({
      feed: [essay, { id: 'e3', related: [] }],
      nullable: [{ id: 'e1', __typename: 'Essay' }, { id: 'e3', __typename: 'Essay' }, null],
      nested: [[{ id: 'e1' }], [], null],
      one: null,
      colours: ['RED', 'BLUE'],
      colour: null,
    });
    expect(reply.errors?.map(({ path }) => path)).toEqual([['one'], ['colour']]);
    expect(reply.text).not.toMatch(/Secret|ULTRAVIOLET|"s\d"/);
  });

  it('move the paths of errors with them, and take their own along', async () => {
    const { url, keyOf } = await clientGateway({ schema, resolvers, clients });
    const reply = await ask(url, '{ feed { id fails } }', { headers: keyOf('lenient') });
    expect(reply.data).toEqual({
      feed: [
        { id: 'e1', fails: null },
        { id: 'e3', fails: null },
      ],
    });
    expect(reply.errors?.map(({ path }) => path)).toEqual([
      ['feed', 0, 'fails'],
      ['feed', 1, 'fails'],
    ]);
    expect(reply.text).not.toMatch(/s1|s3/);
  });

  it('are null with an error that does not name them by default', async () => {
    const { url, keyOf } = await clientGateway({ schema, resolvers, clients });
    const reply = await ask(url, '{ nullable { id } feed { id } colours }', { headers: keyOf('strict') });
    expect(reply.data).toEqual({
      nullable: [null, { id: 'e1' }, null, { id: 'e3' }, null],
      feed: null,
      colours: null,
    });
    expect(reply.errors?.map(({ path, extensions }) => [path, extensions['code']])).toEqual([
      [['nullable', 0], 'FIELD_VALUE_INVALID'],
      [['nullable', 2], 'FIELD_VALUE_INVALID'],
      [['feed', 0], 'FIELD_VALUE_INVALID'],
      [['colours', 1], 'FIELD_VALUE_INVALID'],
    ]);
    expect(reply.text).not.toMatch(/Secret|ULTRAVIOLET|"s\d"/);
  });

  it('are there for a client that may see them', async () => {
    const { url } = await clientGateway({ schema, resolvers, clients });
    const reply = await ask(url, '{ feed { id __typename } colours }');
    expect(reply.errors).toBeUndefined();
    expect(reply.data).toMatchObject({ colours: ['RED', 'ULTRAVIOLET', 'BLUE'], feed: { length: 4 } });
  });
});

it('later fields of a mutation run where what is left out of a list must not be null', async () => {
  const { url, keyOf } = await clientGateway({
    schema: `type Query { a: Int } enum Colour { RED UV @tag(name: "internal") }
      type Mutation { refresh: [Colour!]! }`,
    resolvers: "export const resolvers = { Mutation: { refresh: () => ['RED', 'UV'] } };",
    others: {
      store: {
        schema: 'type Query { b: Int } type Mutation { save: String! }',
        resolvers: "export const resolvers = { Mutation: { save: () => 'saved' } };",
      },
    },
    clients,
  });
  const reply = await ask(url, 'mutation { refresh save }', { headers: keyOf('lenient') });
  expect(reply).toMatchObject({ data: { refresh: ['RED'], save: 'saved' }, errors: undefined });
});

it('rules decide by what is hidden too, whatever else is selected', async () => {
  const { url, keyOf } = await clientGateway({
    schema: `type Query { document: Document }
type Document { labels: [Label!] body: String }
enum Label { PUBLIC LEGAL_HOLD @tag(name: "internal") }`,
    resolvers: `export const resolvers = {
  Query: { document: () => ({ labels: ['PUBLIC', 'LEGAL_HOLD'], body: 'held' }) },
};`,
    clients,
    settings: ['authorization: { policy: policy.mjs }'],
    files: {
      'policy.mjs': `export const policy = ({ rule, allow }) => ({
  fallbackRule: allow,
  permissions: {
    Document: {
      body: rule('not on hold', { cache: 'strict', fragment: '{ labels }' })(
        ({ labels }) => !labels.includes('LEGAL_HOLD'),
      ),
    },
  },
});`,
    },
  });
  for (const selection of ['body', 'labels body', 'body labels']) {
    const { data } = await ask(url, `{ document { ${selection} } }`, { headers: keyOf('lenient') });
    expect(data).toMatchObject({ document: { body: null } });
    if (selection !== 'body') expect(data).toMatchObject({ document: { labels: ['PUBLIC'] } });
  }
});
