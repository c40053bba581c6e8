/** Documents that share an operation, through a whole gateway: what is decided and told of each is about itself alone. */
import { createHash } from 'node:crypto';

import { expect, it, onTestFinished } from 'vitest';

import { start } from '../../src/assembly/start.ts';
import { Events } from '../../src/shared/events.ts';
import { serveGraph } from '../auth/guarded-graph.ts';
import { guardedGateway, type GuardedOptions } from '../auth/support/guarded-gateway.ts';
import { ask } from '../support/ask.ts';
import { countingSubgraph } from '../support/counting-subgraph.ts';
import { folderWith } from '../support/folder.ts';
import { patient } from '../support/patient.ts';

const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@cost", "@listSize"])
  type Query {
    find(id: ID!, note: String): String
    broken(id: ID!): String!
    many(first: Int, last: Int): [Item!] @listSize(slicingArguments: ["first", "last"])
  }
  type Item { id: ID! }`;

const asked: string[] = [];
const resolvers = {
  Query: {
    find: (
      _: unknown,
      { id }: { readonly id: string },
      __: unknown,
      info: { operation: { name?: { value: string } } },
    ) => {
      asked.push(info.operation.name?.value ?? '');
      return `found ${id}`;
    },
    broken: () => null,
    many: (_: unknown, { first = 0 }: { readonly first?: number }) =>
      Array.from({ length: first }, (__, i) => ({ id: `i${i}` })),
  },
};

/** Denies what it is asked not to tell, and says what it saw. */
const policy = `export const policy = ({ rule, allow }) => ({
  fallbackRule: allow,
  permissions: {
    Query: {
      find: rule('input', { cache: 'strict' })((_, { id }, { operation }, info) =>
        id !== 'secret' || Object.assign(new Error('denied'), {
          extensions: { code: JSON.stringify({ id, name: operation.name, variables: info.variableValues }) },
        })),
    },
  },
});`;

function guarded(options: GuardedOptions = {}) {
  return guardedGateway({ serve: () => serveGraph({ items: { sdl, resolvers } }), policy, ...options });
}

it('rules and the audit see the values and the name of the document that is asked', async () => {
  const graph = await guarded();
  const documents = [
    'query One { find(id: "1") }',
    'query Other { find(id: "secret") }',
    '{ find(id: "2") }',
  ];
  const replies = [];
  for (const document of documents) replies.push(await graph.query(document));
  expect(replies.map(({ data }) => data)).toEqual([{ find: 'found 1' }, { find: null }, { find: 'found 2' }]);
  expect(asked).toEqual(['One__items__0', '']);
  const saw = { id: 'secret', name: 'Other', variables: {} };
  expect(replies[1]?.errors).toMatchObject([
    { path: ['find'], locations: [{ line: 1, column: 15 }], extensions: { code: JSON.stringify(saw) } },
  ]);
  expect(
    (await graph.records()).map((record) => [record.operationName, record.outcome, record.operationHash]),
  ).toEqual([
    ['One', 'allow', sha256(documents[0])],
    ['Other', 'deny', sha256(documents[1])],
    [null, 'allow', sha256(documents[2])],
  ]);
});

it('limits go by the values and the name of the document that is asked', async () => {
  const limits = [
    'limits:',
    '  fields: { Query.find: { limit: 2, window: 1h, key: [args.Query.find.id] } }',
    '  policies: { rare: { limit: 1, window: 1h, key: [address], when: { operations: [Rare] } } }',
  ];
  const graph = await guarded({ settings: limits.join('\n') });
  const codeOf = async (document: string): Promise<unknown> =>
    (await graph.query(document)).errors?.[0]?.extensions['code'];
  const codes = [];
  for (const id of ['a', 'b', 'a', 'a', 'b', 'c'])
    codes.push(await codeOf(`{ find(id: "${id}", note: "n") }`));
  expect(codes.map((code) => code === 'RATE_LIMITED')).toEqual([false, false, false, true, false, false]);
  expect(await codeOf('query Rare { many(first: 1) { id } }')).toBeUndefined();
  expect(await codeOf('query Often { many(first: 2) { id } }')).toBeUndefined();
  expect(await codeOf('query Rare { many(first: 3) { id } }')).toBe('RATE_LIMITED');
});

it('the cost goes by the values of the document that is asked', async () => {
  const limits = 'limits: { cost: { max: 50, extensions: true } }';
  const graph = await guarded({ settings: limits });
  for (const first of [1, 2, 40]) {
    const { text, data } = await graph.query(`{ many(first: ${first}) { id } }`);
    expect(data).toEqual({ many: expect.objectContaining({ length: first }) });
    const byVariable = await graph.query('query ($first: Int) { many(first: $first) { id } }', {
      variables: { first },
    });
    expect(JSON.parse(text).extensions).toEqual(JSON.parse(byVariable.text).extensions);
  }
  const refused = await graph.query('{ many(first: 60) { id } }');
  expect(refused.errors?.[0]?.extensions['code']).toBe('COST_ESTIMATED_TOO_EXPENSIVE');
  const both = await graph.query('{ many(first: 1, last: 2) { id } }');
  expect(both.errors?.[0]?.extensions['code']).toBe('GRAPHQL_VALIDATION_FAILED');
});

it('errors are the same to the byte as without sharing, wherever they are', async () => {
  const documents = [
    '{ broken(id: "1") }',
    '# a comment\nquery Named {\r\n  b: broken(id: "2") }',
    '{ find(id: "1")\n\n  broken(id: 3) }',
    '{ many(first: 99999999999) { id } }',
    '{ find(id: 1.5) }',
    '{\n find(id: "1", other: "2") }',
  ];
  const answers = [];
  for (const settings of ['', 'planning: { shareLiterals: false }']) {
    const graph = await guarded({ settings });
    const headers = { 'x-request-id': 'request' };
    const texts = [];
    for (const document of documents) texts.push((await graph.query(document, { headers })).text);
    answers.push(texts);
  }
  expect(answers[0]).toEqual(answers[1]);
  expect(answers[0]?.filter((text) => text.includes('"locations"'))).toHaveLength(documents.length);
});

it('resolvers in the process see the name of the operation that was asked', async () => {
  const folder = await folderWith({
    'names.graphql': 'type Query { name(of: String): String }',
    'names.mjs': `export const subgraph = { sources: {}, resolvers: { Query: {
      name: (_, { of }, __, info) => of + ' ' + info.operation.name?.value,
    } } };`,
    'graph.yaml':
      'subgraphs: { names: { kind: local, schema: names.graphql, resolvers: names.mjs, owner: t } }',
  });
  const running = await start({ graphPath: `${folder}/graph.yaml`, port: 0, logLevel: 'silent' });
  onTestFinished(() => running.close());
  for (const [query, expected] of [
    ['query One { name(of: "a") }', 'a One__names__0'],
    ['query Other { name(of: "b") }', 'b Other__names__0'],
    ['{ name(of: "c") }', 'c undefined'],
  ] as const)
    expect((await ask(running.url, query)).data).toEqual({ name: expected });
});

it('two thousand documents with other literals are one preparation, and none is refused', async () => {
  const service = await countingSubgraph();
  onTestFinished(() => service.close());
  const folder = await folderWith({
    'one.graphql': 'type Query { one(id: ID, names: [String!]): Int }',
    'graph.yaml': `subgraphs: { one: { kind: graphql, url: "${service.url}", schema: one.graphql, owner: t } }`,
    'gateway.yaml': `${patient}limits: { tiers: {} }\nmetrics: { enabled: false }\n`,
  });
  const events = new Events();
  let preparations = 0;
  events.on('preparationEnded', () => (preparations += 1));
  const running = await start({
    graphPath: `${folder}/graph.yaml`,
    configPath: `${folder}/gateway.yaml`,
    port: 0,
    logLevel: 'silent',
    events,
  });
  onTestFinished(() => running.close());
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (sent < 2000) {
      const id = (sent += 1);
      const names = Array.from({ length: 1 + (id % 7) }, (_, i) => JSON.stringify(`${id} ${i}`));
      const { status, data } = await ask(running.url, `{ one(id: "${id}", names: [${names.join()}]) }`);
      expect({ status, data }).toEqual({ status: 200, data: { one: 1 } });
    }
  };
  await Promise.all(Array.from({ length: 50 }, lane));
  expect(preparations).toBe(1);
  expect(service.calls).toBe(sent);
});

function sha256(text = ''): string {
  return createHash('sha256').update(text).digest('hex');
}
