/** A subgraph in this process: errors it may show, contexts, deadlines, and the cache of parsed texts. */

import { type GraphQLObjectType, type GraphQLScalarType, GraphQLError, buildSchema } from 'graphql';
import { describe, expect, it, vi } from 'vitest';

import type { RequestContext } from '../../src/pipeline/request.ts';
import { GatewayError } from '../../src/shared/errors.ts';
import { type LocalSubgraphOptions, createLocalSubgraph } from '../../src/sources/local/local-source.ts';
import type { LocalContext } from '../../src/sources/local/mutation-fields.ts';
import { loaderOf } from '../../src/sources/resolvers/loader.ts';
import { requestContext } from '../support/context.ts';
import { fetchFrom } from './support/fetch.ts';

describe('an answer', () => {
  it('is data that the caller may change', async () => {
    const subgraph = given({ hello: () => 'world' });
    const answer = await fetchFrom(subgraph, '{ hello }');
    expect(answer).toEqual({ data: { hello: 'world' } });
    if (answer.data) answer.data['hello'] = 'changed';
    expect(await fetchFrom(subgraph, '{ hello }')).toEqual({ data: { hello: 'world' } });
  });

  it('takes variables', async () => {
    const subgraph = given({ echo: ({ text }: { text: string }) => text });
    const query = 'query ($text: String!) { echo(text: $text) }';
    expect(await fetchFrom(subgraph, query, { variables: { text: 'hi' } })).toEqual({ data: { echo: 'hi' } });
  });
});

describe('an error', () => {
  it('for the client keeps its code, its service and what it may show', async () => {
    const subgraph = given({
      hello: () => {
        throw new GatewayError('SERVICE_TIMEOUT', 'stock is slow', {
          public: { service: 'stock', retryAfter: 1 },
          cause: 7,
        });
      },
    });
    const answer = await fetchFrom(subgraph, '{ hello echo(text: "a") }');
    expect(answer).toEqual({
      data: { hello: null, echo: null },
      errors: [
        {
          message: 'stock is slow',
          path: ['hello'],
          extensions: { code: 'SERVICE_TIMEOUT', service: 'stock', retryAfter: 1 },
        },
      ],
    });
    expect(answer.errors?.[0]?.cause).toBe(7);
  });

  it('without a service is that of the subgraph', async () => {
    const subgraph = given({ hello: () => Promise.reject(new GatewayError('BAD_USER_INPUT', 'no')) });
    const { errors } = await fetchFrom(subgraph, '{ hello }');
    expect(errors).toMatchObject([
      { message: 'no', extensions: { code: 'BAD_USER_INPUT', service: 'local' } },
    ]);
  });

  it.each([
    ['an error', () => Promise.reject(new Error('secret /etc/passwd'))],
    ['a GraphQL error', () => Promise.reject(new GraphQLError('secret', { extensions: { secret: 1 } }))],
    ['something that is no error', () => Promise.reject('secret' as unknown as Error)],
  ])('that a resolver did not mean to show is withheld: %s', async (_about, hello) => {
    const answer = await fetchFrom(given({ hello }), '{ hello }');
    expect(answer.errors).toEqual([
      {
        message: 'Internal error',
        path: ['hello'],
        extensions: { code: 'INTERNAL_ERROR', service: 'local' },
      },
    ]);
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(String(answer.errors?.[0]?.cause)).toContain('secret');
  });

  it('travels up from where null is not allowed', async () => {
    const answer = await fetchFrom(given({ must: () => null }), '{ must }');
    expect(answer.data).toBeNull();
    expect(answer.errors).toMatchObject([{ path: ['must'], extensions: { code: 'FIELD_VALUE_INVALID' } }]);
  });

  it.each([
    ['hello', { secret: 1 }],
    ['must', null],
    ['count', 3_000_000_000],
    ['count', 'abc'],
    ['yes', 'true'],
    // An enum number that another version of a gRPC service knows.
    ['kind', 77],
    ['kind', 'KIND_B'],
    ['ids', 'none'],
    ['when', 'secret'],
  ])('of %s is told at the field where its value does not fit: %j', async (field, value) => {
    const answer = await fetchFrom(given({ [field]: () => value }), `{ other: ${field} }`);
    expect(answer.errors).toEqual([
      {
        message: `Field ${field} has a value that does not fit its type`,
        path: ['other'],
        extensions: { code: 'FIELD_VALUE_INVALID', service: 'local' },
      },
    ]);
    const cause = String(answer.errors?.[0]?.cause);
    expect(cause).toMatch(/^TypeError: (Cannot return null|Expected Iterable|.*cannot represent)/);
    // It is logged: the value is not in it.
    expect(cause).not.toMatch(/secret|abc|true|77|KIND_B|3000000000/);
  });

  it.each(['{ hello', '{ nothing }'])('of the text %j is a defect of ours', async (query) => {
    await expect(fetchFrom(given({}), query)).rejects.toMatchObject({
      code: 'INTERNAL_ERROR',
      message: 'Internal error',
    });
  });
});

describe('the context of resolvers', () => {
  it('is made once a request, and never shared between requests or subgraphs', async () => {
    const contextOf = vi.fn((request: RequestContext) => ({ request }));
    const seen: unknown[] = [];
    const root = { hello: (_args: unknown, context: unknown) => void seen.push(context) };
    const [one, other] = [given(root, { contextOf }), given(root, { contextOf })];
    const context = requestContext();
    await fetchFrom(one, '{ hello }', { context });
    await fetchFrom(one, '{ hello }', { context });
    await fetchFrom(other, '{ hello }', { context });
    await fetchFrom(one, '{ hello }');
    expect(contextOf).toHaveBeenCalledTimes(3);
    expect(seen[0]).toBe(seen[1]);
    expect(new Set(seen).size).toBe(3);
  });
});

it('a mutation sees nothing that was loaded before it began', async () => {
  let stock = 5;
  const shop = buildSchema(`
    type Query { stock: Int }
    type Mutation { buy: Bought }
    type Bought { stock: Int }
  `);
  const loaded = (context: LocalContext): Promise<number | null> =>
    loaderOf(context.request, 'stock', () => Promise.resolve(new Map([['all', stock]]))).load('all');
  const { buy } = shop.getMutationType()?.getFields() ?? {};
  const field = (shop.getType('Bought') as GraphQLObjectType).getFields()['stock'];
  if (!buy || !field) throw new Error('no such field');
  buy.resolve = () => ((stock -= 1), {});
  field.resolve = (_source, _args, context: LocalContext) => loaded(context);
  const subgraph = createLocalSubgraph({
    name: 'local',
    schema: shop,
    contextOf: (request) => ({ request }),
  });
  const query = 'mutation { a: buy { stock again: stock } b: buy { stock } }';
  expect(await fetchFrom(subgraph, query)).toEqual({
    data: { a: { stock: 4, again: 4 }, b: { stock: 3 } },
  });
});

describe('a resolver that never ends', () => {
  const root = { hello: () => new Promise(() => {}) };

  it('ends at the timeout of the subgraph', async () => {
    await expect(fetchFrom(given(root, { timeoutMs: 30 }), '{ hello }')).rejects.toMatchObject({
      code: 'SERVICE_TIMEOUT',
      public: { service: 'local' },
    });
  });

  it('ends at the deadline of the request', async () => {
    const context = requestContext({ deadlineInMs: 30 });
    await expect(fetchFrom(given(root), '{ hello }', { context })).rejects.toMatchObject({
      code: 'SERVICE_TIMEOUT',
    });
  });

  it('ends when the request is cancelled', async () => {
    const context = requestContext();
    const pending = fetchFrom(given(root), '{ hello }', { context });
    const reason = new GatewayError('CANCELLED', 'the client left');
    context.cancellation.cancel(reason);
    await expect(pending).rejects.toBe(reason);
    await expect(fetchFrom(given(root), '{ hello }', { context })).rejects.toBe(reason);
  });
});

it('answers the same whether or not the parsed text is still kept', async () => {
  const subgraph = given({ hello: () => 'world' }, { documentsMax: 2 });
  const texts = [
    '{ a: hello }',
    '{ b: hello }',
    '{ a: hello }',
    '{ c: hello }',
    '{ a: hello }',
    '{ b: hello }',
  ];
  for (const text of texts) {
    const alias = text[2] ?? '';
    expect(await fetchFrom(subgraph, text)).toEqual({ data: { [alias]: 'world' } });
  }
});

const schema = buildSchema(`
  type Query { hello: String echo(text: String!): String must: String! count: Int yes: Boolean kind: Kind ids: [ID] when: Moment }
  scalar Moment
  enum Kind { KIND_UNSPECIFIED KIND_A }
`);

(schema.getType('Moment') as GraphQLScalarType).serialize = (value) => {
  throw new GraphQLError(`Moment cannot represent an invalid time <${String(value)}>.`);
};

/** Root functions stand in for resolvers: they get arguments and context. */
function given(root: Readonly<Record<string, unknown>>, options: Partial<LocalSubgraphOptions> = {}) {
  const { contextOf = (request) => ({ request }), ...rest } = options;
  for (const [name, field] of Object.entries(schema.getQueryType()?.getFields() ?? {})) {
    field.resolve = (_source, args, context: { root: Record<string, (...args: unknown[]) => unknown> }) =>
      context.root[name]?.(args, context);
  }
  const withRoot: LocalSubgraphOptions['contextOf'] = (request) =>
    Object.assign(contextOf(request), { root });
  return createLocalSubgraph({ name: 'local', schema, contextOf: withRoot, ...rest });
}
