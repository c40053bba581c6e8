/** GraphQL over HTTP: what counts as an answer, and the client that resolvers use. */

import { afterEach, describe, expect, it } from 'vitest';

import { type PlainBackendOptions, plainBackend } from '../../src/sources/backend.ts';
import { createGraphqlSource, createGraphqlSubgraph } from '../../src/sources/graphql-source.ts';
import { type HttpTransport, createHttpTransport } from '../../src/sources/http-transport.ts';
import { requestContext } from '../support/context.ts';
import { fetchFrom } from './support/fetch.ts';
import { type Answer, type StandIn, json, startStandIn, text } from './support/stand-in.ts';

const cleanups: Array<() => Promise<void>> = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

describe('a subgraph', () => {
  it('sends the body as it is, to the path and query of its address', async () => {
    const { services, transport } = await given([json({ data: {} })]);
    const subgraph = subgraphOf({ name: 'a', urls: [`${services[0]?.url}/graphql?v=1`] }, transport);
    await fetchFrom(subgraph, '{ a }', { variables: { b: 'ä' } });
    expect(services[0]?.asked).toMatchObject([
      { method: 'POST', url: '/graphql?v=1', body: '{"query":"{ a }","variables":{"b":"ä"}}' },
    ]);
  });

  it.each([
    { about: 'data', answer: json({ data: { a: 1 } }), expected: { data: { a: 1 } } },
    {
      about: 'data with errors',
      answer: json({
        data: { a: null },
        errors: [{ message: 'no', path: ['a'], extensions: { code: 'X' } }],
      }),
      expected: { data: { a: null }, errors: [{ message: 'no', path: ['a'], extensions: { code: 'X' } }] },
    },
    {
      about: 'errors alone with status 400',
      answer: json({ errors: [{ message: 'bad' }] }, 400),
      expected: { errors: [{ message: 'bad' }] },
    },
    {
      about: 'errors with status 503',
      answer: json({ data: null, errors: [{ message: 'busy' }] }, 503),
      expected: { data: null, errors: [{ message: 'busy' }] },
    },
    {
      about: 'null in place of errors',
      answer: json({ data: { a: 1 }, errors: null }),
      expected: { data: { a: 1 } },
    },
  ])('takes $about as a GraphQL answer', async ({ answer, expected }) => {
    const { subgraph } = await givenSubgraph(answer);
    expect(await fetchFrom(subgraph, '{ a }')).toMatchObject(expected);
  });

  it.each([
    ['HTML', text('<html></html>'), 'SERVICE_BAD_RESPONSE'],
    ['nothing', text(''), 'SERVICE_BAD_RESPONSE'],
    ['JSON of another shape', json({ ok: true }), 'SERVICE_BAD_RESPONSE'],
    ['a list', json([{ data: {} }]), 'SERVICE_BAD_RESPONSE'],
    ['no data and no reason', json({ data: null }), 'SERVICE_BAD_RESPONSE'],
    ['no data and an empty list of reasons', json({ data: null, errors: [] }), 'SERVICE_BAD_RESPONSE'],
    ['data that is a list', json({ data: [] }), 'SERVICE_BAD_RESPONSE'],
    ['errors that are text', json({ data: {}, errors: 'no' }), 'SERVICE_BAD_RESPONSE'],
    ['errors without messages', json({ errors: [{ path: [] }] }), 'SERVICE_BAD_RESPONSE'],
    ['an error with a path of text', json({ errors: [{ message: 'a', path: 'b' }] }), 'SERVICE_BAD_RESPONSE'],
    ['status 500 with HTML', text('<html></html>', 500), 'SERVICE_BAD_RESPONSE'],
    ['status 404 with other JSON', json({ error: 'x' }, 404), 'SERVICE_BAD_RESPONSE'],
    ['status 502 with HTML', text('<html></html>', 502), 'SERVICE_UNAVAILABLE'],
    ['status 503 with other JSON', json({ error: 'x' }, 503), 'SERVICE_UNAVAILABLE'],
    ['status 504 with nothing', text('', 504), 'SERVICE_UNAVAILABLE'],
  ])('refuses %s', async (_about, answer, code) => {
    const { subgraph } = await givenSubgraph(answer);
    await expect(fetchFrom(subgraph, '{ a }')).rejects.toMatchObject({
      code,
      public: { service: 'reviews' },
    });
  });

  it('uses all of its addresses', async () => {
    const { services, transport } = await given([json({ data: {} }), json({ data: {} })]);
    const subgraph = subgraphOf({ name: 'a', urls: services.map(({ url }) => url) }, transport);
    for (let call = 0; call < 60; call += 1) await fetchFrom(subgraph, '{ a }');
    const [one = 0, other = 0] = services.map(({ asked }) => asked.length);
    expect([one > 0, other > 0, one + other]).toEqual([true, true, 60]);
  });

  it('gives every caller an answer of its own', async () => {
    const { subgraph } = await givenSubgraph(json({ data: { a: { b: 1 } } }));
    const [one, other] = await Promise.all([fetchFrom(subgraph, '{ a }'), fetchFrom(subgraph, '{ a }')]);
    expect(one.data).not.toBe(other.data);
  });

  it('needs an address', () => {
    expect(() => subgraphOf({ name: 'a', urls: [] }, createHttpTransport())).toThrow(RangeError);
  });
});

describe('the client of resolvers', () => {
  it('sends text and variables and gives data', async () => {
    const { services, transport } = await given([json({ data: { a: 1 } })]);
    const source = createGraphqlSource(
      plainBackend({ name: 'orders', urls: [services[0]?.url ?? ''] }, transport),
    );
    expect(await source.query('query A($x: ID!) { a }', { x: '"; drop' }, requestContext())).toEqual({
      a: 1,
    });
    expect(JSON.parse(services[0]?.asked[0]?.body ?? '')).toEqual({
      query: 'query A($x: ID!) { a }',
      variables: { x: '"; drop' },
    });
  });

  it.each([
    [{ errors: [{ message: 'secret SQL', extensions: { code: 'OUT_OF_STOCK' } }] }, 'OUT_OF_STOCK'],
    [{ data: { a: 1 }, errors: [{ message: 'half', extensions: { code: 'secret SQL' } }] }, undefined],
  ])('fails when the answer has errors: %j', async (answer, serviceCode) => {
    const { services, transport } = await given([json(answer)]);
    const source = createGraphqlSource(
      plainBackend({ name: 'orders', urls: [services[0]?.url ?? ''] }, transport),
    );
    const error = await source.query('{ a }', {}, requestContext()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'SERVICE_ERROR', message: 'orders answered with an error' });
    expect(error).toHaveProperty(
      'public',
      serviceCode ? { service: 'orders', serviceCode } : { service: 'orders' },
    );
  });
});

async function given(answers: readonly Answer[]): Promise<{ services: StandIn[]; transport: HttpTransport }> {
  const transport = createHttpTransport();
  const services = await Promise.all(answers.map((answer) => startStandIn(answer)));
  cleanups.push(() => transport.close(), ...services.map((service) => () => service.close()));
  return { services, transport };
}

async function givenSubgraph(answer: Answer) {
  const { services, transport } = await given([answer]);
  const urls = services.map(({ url }) => `${url}/graphql`);
  return { subgraph: subgraphOf({ name: 'reviews', urls }, transport) };
}

function subgraphOf(options: PlainBackendOptions, transport: HttpTransport) {
  return createGraphqlSubgraph(plainBackend(options, transport));
}
