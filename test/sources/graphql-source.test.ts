/** GraphQL over HTTP: what counts as an answer, and the client that resolvers use. */

import { afterEach, describe, expect, it } from 'vitest';

import { createGraphqlSource, createGraphqlSubgraph } from '../../src/sources/graphql/graphql-source.ts';
import { type HttpTransport, createHttpTransport } from '../../src/sources/http/transport.ts';
import { requestContext } from '../support/context.ts';
import { fetchFrom } from './support/fetch.ts';
import { type Answer, type StandIn, json, startStandIn, text } from './support/stand-in.ts';
import { type PlainServiceOptions, plainBackend } from '../support/plain-services.ts';

const nameless = 'reviews answered with an error';

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
      about: 'data with status 503 in the media type of GraphQL',
      answer: graphqlJson({ data: { a: 1 }, errors: [{ message: 'busy' }] }, 503),
      expected: { data: { a: 1 }, errors: [{ message: 'busy' }], status: 503 },
    },
    {
      about: 'a byte order mark before data',
      answer: bytes(Buffer.from('\ufeff{"data":{"a":1}}')),
      expected: { data: { a: 1 } },
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
    ['latin-1', bytes(Buffer.from('{"data":{"a":"Zürich"}}', 'latin1')), 'SERVICE_BAD_RESPONSE'],
    [
      'UTF-8 that is cut',
      bytes(Buffer.from([...Buffer.from('{"data":{"a":"'), 0xc3])),
      'SERVICE_BAD_RESPONSE',
    ],
    ['UTF-16', bytes(Buffer.from('\ufeff{"data":{}}', 'utf16le')), 'SERVICE_BAD_RESPONSE'],
    ['status 500 with HTML', text('<html></html>', 500), 'SERVICE_BAD_RESPONSE'],
    ['status 500 with data', json({ data: { a: 1 } }, 500), 'SERVICE_BAD_RESPONSE'],
    ['status 500 with errors', json({ data: null, errors: [{ message: 'x' }] }, 500), 'SERVICE_BAD_RESPONSE'],
    ['status 503 with data', json({ data: { a: 1 } }, 503), 'SERVICE_UNAVAILABLE'],
    ['status 429 with errors', json({ errors: [{ message: 'x' }] }, 429), 'SERVICE_UNAVAILABLE'],
    ['status 404 with other JSON', json({ error: 'x' }, 404), 'SERVICE_ERROR'],
    ['status 401 with HTML', text('<html></html>', 401), 'SERVICE_ERROR'],
    ['status 403 with nothing', text('', 403), 'SERVICE_ERROR'],
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

  it.each<[string, unknown, { message: string; path?: string[]; code?: string }]>([
    ['a text as extensions', { message: 'm', path: ['a'], extensions: 'E42' }, { message: 'm', path: ['a'] }],
    ['a list as extensions', { message: 'm', extensions: [1] }, { message: 'm' }],
    ['a textual path', { message: 'm', path: 'a', extensions: { code: 'X' } }, { message: 'm', code: 'X' }],
    ['a path of objects', { message: 'm', path: [{}] }, { message: 'm' }],
    ['a path without an end', { message: 'm', path: Array(2000).fill('a') }, { message: 'm' }],
    ['no message', { path: ['a'] }, { message: nameless, path: ['a'] }],
    ['a message that is an object', { message: { text: 'm' } }, { message: nameless }],
    ['a text in place of an error', 'm', { message: 'm' }],
    ['null in place of an error', null, { message: nameless }],
    ['a list in place of an error', ['m'], { message: nameless }],
  ])('keeps the data and the other errors beside %s', async (_about, odd, { code, ...shown }) => {
    const { subgraph } = await givenSubgraph(
      json({ data: { a: null, b: 1 }, errors: [odd, { message: 'sound', path: ['a'] }] }),
    );
    const { data, errors } = await fetchFrom(subgraph, '{ a b }');
    expect(data).toEqual({ a: null, b: 1 });
    expect(errors).toEqual([
      { ...shown, extensions: code === undefined ? {} : { code } },
      { message: 'sound', path: ['a'], extensions: {} },
    ]);
    expect(errors?.map(({ cause }) => cause)).toEqual([
      expect.objectContaining({ name: 'MalformedError' }),
      undefined,
    ]);
  });

  it.each([
    ['an object', { message: 'm', path: ['a'] }, { message: 'm', path: ['a'] }],
    ['an empty object', {}, { message: nameless }],
    ['a text', 'm', { message: 'm' }],
    ['a number', 0, { message: nameless }],
    ['false', false, { message: nameless }],
  ])('takes %s in place of the list of errors for one error', async (_about, errors, shown) => {
    for (const data of [{ a: 1 }, null]) {
      const { subgraph } = await givenSubgraph(json({ data, errors }));
      const answer = await fetchFrom(subgraph, '{ a }');
      expect(answer).toEqual({ data, errors: [{ ...shown, extensions: {} }] });
      expect(String(answer.errors?.[0]?.cause)).toMatch(/errors is (an object|a \w+), not a list/);
    }
  });

  it('reads a thousand errors of an answer and counts the rest', async () => {
    const { subgraph } = await givenSubgraph(
      json({ data: null, errors: Array(5000).fill({ message: 'm' }) }),
    );
    const { errors } = await fetchFrom(subgraph, '{ a }');
    expect(errors).toHaveLength(1000);
    expect(errors?.at(-1)?.message).toBe('4001 more errors are not listed');
  });

  it('takes nothing from an answer but data and errors', async () => {
    const { subgraph } = await givenSubgraph(
      json({ data: { a: 1 }, shared: true, stale: { ageMs: 1 }, status: 500, clientHeaders: { a: 'b' } }),
    );
    expect(await fetchFrom(subgraph, '{ a }')).toEqual({ data: { a: 1 } });
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

function graphqlJson(value: unknown, status: number): Answer {
  const type = 'Application/GraphQL-Response+JSON; charset=utf-8';
  return text(JSON.stringify(value), status, { 'content-type': type });
}

function bytes(body: Buffer): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  };
}

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

function subgraphOf(options: PlainServiceOptions, transport: HttpTransport) {
  return createGraphqlSubgraph(plainBackend(options, transport));
}
