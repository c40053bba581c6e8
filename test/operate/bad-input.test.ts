/**
 * What clients get that send something wrong: JSON with a code and the status of the media type they accept, never HTML,
 * a stack trace, an address or a file path. And afterwards the gateway works as before.
 */
import { afterAll, describe, expect, it } from 'vitest';

import type { MockName } from '../../subgraphs-mock/shared/mock.ts';
import { ask, type GraphqlReply, read } from '../support/ask.ts';
import { expectNoLeak } from '../support/leaks.ts';
import { requestHead, sendRaw } from '../support/raw-http.ts';
import { useShop } from '../support/shop.ts';

const shop = useShop();
const json = { 'content-type': 'application/json' };
const mediaTypes = ['application/json', 'application/graphql-response+json'] as const;

afterAll(async () => {
  expect(await ask(shop.url, '{ product(upc: "p1") { name } }')).toMatchObject({
    status: 200,
    errors: undefined,
  });
});

describe.each(mediaTypes)('under %s', (mediaType) => {
  it.each<[string, number, string, RequestInit]>([
    ['JSON that ends too early', 400, 'BAD_REQUEST', { body: '{"query":' }],
    ['an empty body', 400, 'BAD_REQUEST', { body: '' }],
    ['an array', 400, 'BAD_REQUEST', { body: '[{"query":"{ __typename }"}]' }],
    ['null', 400, 'BAD_REQUEST', { body: 'null' }],
    ['a string', 400, 'BAD_REQUEST', { body: '"{ __typename }"' }],
    ['no query', 400, 'BAD_REQUEST', { body: '{}' }],
    ['an empty query', 400, 'BAD_REQUEST', { body: '{"query":""}' }],
    ['a query that is a number', 400, 'BAD_REQUEST', { body: '{"query":5}' }],
    ['variables that are a list', 400, 'BAD_REQUEST', { body: '{"query":"{ __typename }","variables":[]}' }],
    ['an operation name that is a number', 400, 'BAD_REQUEST', { body: '{"query":"{a}","operationName":1}' }],
    ['bytes that are not UTF-8', 400, 'BAD_REQUEST', { body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]) }],
    ['JSON nested too deep', 400, 'BAD_REQUEST', { body: '['.repeat(100_000) }],
    [
      'a body over the limit',
      413,
      'PAYLOAD_TOO_LARGE',
      { body: JSON.stringify({ query: ' '.repeat(262_144) }) },
    ],
    ['a document nested too deep', 400, 'OPERATION_TOO_DEEP', { body: `{"query":"${'{a'.repeat(50_000)}"}` }],
    ['plain text', 415, 'UNSUPPORTED_MEDIA_TYPE', { headers: { 'content-type': 'text/plain' }, body: '{}' }],
    ['a form', 415, 'UNSUPPORTED_MEDIA_TYPE', { body: new URLSearchParams({ query: '{ __typename }' }) }],
    ['a multipart form', 415, 'UNSUPPORTED_MEDIA_TYPE', { body: new FormData() }],
    ['no content type', 415, 'UNSUPPORTED_MEDIA_TYPE', { headers: {}, body: Buffer.from('{}') }],
    [
      'another character set',
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      { headers: { 'content-type': 'application/json; charset=latin1' }, body: '{}' },
    ],
    [
      'a compressed body',
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      { headers: { ...json, 'content-encoding': 'gzip' }, body: '{}' },
    ],
    ['PUT', 405, 'METHOD_NOT_ALLOWED', { method: 'PUT', body: '{}' }],
    ['DELETE', 405, 'METHOD_NOT_ALLOWED', { method: 'DELETE' }],
    ['a method nobody knows here', 501, 'NOT_IMPLEMENTED', { method: 'PROPFIND' }],
  ])('%s is refused with %i', async (_what, status, code, request) => {
    const reply = await post({ headers: headersFor(request.body), ...request }, mediaType);
    expect(refusalIn(reply)).toEqual({ status, code, mediaType });
    if (status === 405) expect(reply.headers.get('allow')).toBe('GET, HEAD, POST');
  });

  it.each<[string, string, Record<string, unknown>]>([
    ['a document that does not parse', 'GRAPHQL_PARSE_FAILED', { query: '{ product(' }],
    ['a blank document', 'GRAPHQL_PARSE_FAILED', { query: '  ' }],
    ['an unknown field', 'GRAPHQL_VALIDATION_FAILED', { query: '{ product(upc: "p1") { nam } }' }],
    ['an unknown argument', 'GRAPHQL_VALIDATION_FAILED', { query: '{ product(id: "p1") { name } }' }],
    ['a hidden field', 'GRAPHQL_VALIDATION_FAILED', { query: '{ recommendations(userId: "u1") { name } }' }],
    [
      'fragments in a circle',
      'GRAPHQL_VALIDATION_FAILED',
      { query: '{ ...A } fragment A on Query { ...A }' },
    ],
    ['only fragments', 'GRAPHQL_VALIDATION_FAILED', { query: 'fragment A on Product { name }' }],
    ['a missing variable', 'BAD_USER_INPUT', { query: 'query($u: ID!) { product(upc: $u) { name } }' }],
    [
      'a variable of the wrong type',
      'BAD_USER_INPUT',
      { query: 'query($n: Int!) { topProducts(first: $n) { name } }', variables: { n: 'many' } },
    ],
    [
      'an input object with an unknown field',
      'BAD_USER_INPUT',
      {
        query: 'mutation($i: AddReviewInput!) { addReview(input: $i) { id } }',
        variables: { i: { upc: 'p1', userId: 'u1', rating: 1, body: 'x', stars: 5 } },
      },
    ],
    ...[
      'query ($a: Boolean = true) { product(upc: "p1") @include(if: $a) { name } }',
      'query ($a: Boolean = true) { product(upc: "p1") @skip(if: $a) { name } }',
      'query ($a: Boolean = true) { product(upc: "p1") { upc ... @include(if: $a) { reviews { id } } } }',
      'query ($a: Boolean = true) { product(upc: "p1") { ...F } } fragment F on Product { reviews @skip(if: $a) { id } }',
      'query ($a: Boolean = true) { __typename @include(if: $a) other: __typename @skip(if: $a) }',
      'mutation ($a: Boolean = true, $i: AddReviewInput!) { addReview(input: $i) @include(if: $a) { id } }',
    ].map((query): [string, string, Record<string, unknown>] => [
      `null for a condition of ${query}`,
      'BAD_USER_INPUT',
      { query, variables: { a: null, i: { upc: 'p1', userId: 'u1', rating: 1, body: 'x' } } },
    ]),
    [
      'an operation name that is not there',
      'OPERATION_RESOLUTION_FAILURE',
      { query: 'query A { __typename }', operationName: 'B' },
    ],
    [
      'two operations without a name',
      'OPERATION_RESOLUTION_FAILURE',
      { query: 'query A { __typename } query B { __typename }' },
    ],
  ])('%s is a refused operation', async (_what, code, body) => {
    const reply = await post({ headers: json, body: JSON.stringify(body) }, mediaType);
    const status = mediaType === 'application/json' ? 200 : 400;
    expect(refusalIn(reply)).toEqual({ status, code, mediaType });
    expect(JSON.parse(reply.text)).not.toHaveProperty('data');
    expect(callsToBackends()).toBe(0);
  });

  it('a path that is not there is refused with 404 and says where the endpoint is', async () => {
    for (const path of ['/', '/graphql/', '/graphql/nothing', '/health', '/%2e%2e%2fetc%2fpasswd']) {
      const reply = await post({ headers: json, body: '{}' }, mediaType, path);
      expect(refusalIn(reply)).toEqual({ status: 404, code: 'NOT_FOUND', mediaType });
      expect(reply.errors?.[0]?.message).toContain('/graphql');
    }
    const broken = await post({ headers: json, body: '{}' }, mediaType, '/%ff');
    expect(refusalIn(broken)).toEqual({ status: 400, code: 'BAD_REQUEST', mediaType });
  });

  it('a query by GET is refused where a foreign page could have sent it', async () => {
    const path = '/graphql?query={__typename}';
    expect(refusalIn(await get({}, mediaType, path))).toEqual({
      status: 400,
      code: 'CSRF_PREVENTION',
      mediaType,
    });
    const simple = { 'content-type': 'text/plain', 'apollo-require-preflight': '' };
    expect(refusalIn(await get(simple, mediaType, path)).code).toBe('CSRF_PREVENTION');
    for (const headers of [
      { 'apollo-require-preflight': 'yes' },
      { 'x-apollo-operation-name': 'Typename' },
      json,
      { 'content-type': 'application/json; charset=utf-8' },
    ]) {
      expect(await get(headers, mediaType, path)).toMatchObject({
        status: 200,
        data: { __typename: 'Query' },
      });
    }
  });

  it('a mutation by GET is refused with 405 and not carried out', async () => {
    const mutation =
      'mutation { addReview(input: { upc: "p1", userId: "u1", rating: 1, body: "x" }) { id } }';
    const reply = await get(json, mediaType, `/graphql?query=${encodeURIComponent(mutation)}`);
    expect(refusalIn(reply)).toEqual({ status: 405, code: 'METHOD_NOT_ALLOWED', mediaType });
    expect(reply.headers.get('allow')).toBe('POST');
    expect(callsToBackends()).toBe(0);
  });

  it.each([
    ['no query', '/graphql'],
    ['no query among parameters', '/graphql?operationName=A'],
    ['variables that are not JSON', '/graphql?query={__typename}&variables={'],
    ['variables that are a list', '/graphql?query={__typename}&variables=[]'],
  ])('a GET with %s is refused with 400', async (_what, path) => {
    expect(refusalIn(await get(json, mediaType, path))).toEqual({
      status: 400,
      code: 'BAD_REQUEST',
      mediaType,
    });
  });
});

describe('bytes on the wire', () => {
  const chunk = `10000\r\n${'a'.repeat(65_536)}\r\n`;
  const jsonHeader = 'Content-Type: application/json';
  const cases: Array<[string, number, string, (url: string) => string | Buffer]> = [
    ['text that is not HTTP', 400, 'BAD_REQUEST', () => 'HELLO\r\n\r\n'],
    ['a TLS handshake', 400, 'BAD_REQUEST', () => Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3])],
    ['a NUL in the path', 400, 'BAD_REQUEST', (url) => requestHead(url, 'GET /\0 HTTP/1.1')],
    ['a broken escape in the path', 400, 'BAD_REQUEST', (url) => requestHead(url, 'GET /%zz HTTP/1.1')],
    ['no host', 400, 'BAD_REQUEST', () => 'GET /graphql HTTP/1.1\r\nConnection: close\r\n\r\n'],
    [
      'headers over the limit',
      431,
      'PAYLOAD_TOO_LARGE',
      (url) => requestHead(url, 'GET / HTTP/1.1', [`X-Long: ${'a'.repeat(40_000)}`]),
    ],
    [
      'too many headers',
      431,
      'PAYLOAD_TOO_LARGE',
      (url) =>
        requestHead(
          url,
          'GET / HTTP/1.1',
          Array.from({ length: 3000 }, (_, index) => `X-${index}: 1`),
        ),
    ],
    [
      'an address over the limit',
      431,
      'PAYLOAD_TOO_LARGE',
      (url) => requestHead(url, `GET /${'a'.repeat(40_000)} HTTP/1.1`),
    ],
    [
      'a chunked body over the limit',
      413,
      'PAYLOAD_TOO_LARGE',
      (url) =>
        requestHead(url, 'POST /graphql HTTP/1.1', ['Transfer-Encoding: chunked', jsonHeader]) +
        chunk.repeat(6),
    ],
    [
      'a broken chunk',
      400,
      'BAD_REQUEST',
      (url) =>
        `${requestHead(url, 'POST /graphql HTTP/1.1', ['Transfer-Encoding: chunked', jsonHeader])}zz\r\n`,
    ],
    [
      'two lengths',
      400,
      'BAD_REQUEST',
      (url) =>
        `${requestHead(url, 'POST /graphql HTTP/1.1', ['Content-Length: 5', 'Content-Length: 6', jsonHeader])}hello`,
    ],
    [
      'a length and chunks',
      400,
      'BAD_REQUEST',
      (url) =>
        `${requestHead(url, 'POST /graphql HTTP/1.1', ['Content-Length: 5', 'Transfer-Encoding: chunked', jsonHeader])}0\r\n\r\n`,
    ],
    [
      'an expectation',
      417,
      'BAD_REQUEST',
      (url) =>
        requestHead(url, 'POST /graphql HTTP/1.1', ['Expect: wonders', 'Content-Length: 2', jsonHeader]),
    ],
    ['CONNECT', 405, 'METHOD_NOT_ALLOWED', (url) => requestHead(url, 'CONNECT other:443 HTTP/1.1')],
  ];

  it.each(cases)('%s is answered with %i and JSON', async (_what, status, code, bytes) => {
    const raw = await sendRaw(shop.url, bytes(shop.url));
    expect(raw.status).toBe(status);
    expect(raw.head).toContain('content-type: application/json');
    expect(raw.head).toContain('connection: close');
    expectNoLeak(raw.body);
    const { errors } = read(raw.status, new Headers(), raw.body);
    expect(errors).toMatchObject([{ extensions: { code, requestId: expect.any(String) } }]);
  });
});

describe('the media type of the answer', () => {
  it.each([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['application/graphql-response+json, application/json;q=0.9', 'application/graphql-response+json'],
    ['application/json, application/graphql-response+json;q=0.9', 'application/json'],
    ['text/html, */*;q=0.1', 'application/json'],
    ['application/graphql-response+json, */*', 'application/graphql-response+json'],
    ['*/*, application/graphql-response+json', 'application/graphql-response+json'],
    ['application/json;q=0, */*', 'application/graphql-response+json'],
    ['application/*;q=0.2, application/json;q=0.1', 'application/graphql-response+json'],
    ['application/json;q=0.5, */*;q=0.9', 'application/graphql-response+json'],
    ['application/graphql-response+json;q=0, application/*', 'application/json'],
    ['application/json; v=1; q=0.9, application/graphql-response+json; q=0.8', 'application/json'],
    [
      'application/json;p="a,b";q=0.1, application/graphql-response+json;q=0.2',
      'application/graphql-response+json',
    ],
    [
      'application/json; charset=latin1, application/graphql-response+json;q=0.2',
      'application/graphql-response+json',
    ],
    ['APPLICATION/JSON; Charset="UTF-8"', 'application/json'],
  ])('for accept: %s is %s', async (accept, expected) => {
    const reply = await ask(shop.url, '{ __typename }', { headers: accept ? { accept } : {} });
    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-type')).toBe(`${expected}; charset=utf-8`);
  });

  it.each([
    'image/png',
    'application/json;q=0',
    'application/json;q=0.000, application/graphql-response+json;q=0',
    '*/*;q=0',
    'application/*;q=0, */*',
    'application/json;q=none',
    'application/json; charset=latin1',
  ])('is JSON with 406 for a client that accepts neither: %s', async (accept) => {
    const reply = await ask(shop.url, '{ __typename }', { headers: { accept } });
    expect(refusalIn(reply)).toMatchObject({
      status: 406,
      code: 'NOT_ACCEPTABLE',
      mediaType: 'application/json',
    });
  });
});

it("a client's request id comes back with refusals and answers, unless it could not stand in a log", async () => {
  const given = { 'x-request-id': 'client-7' };
  const answered = await ask(shop.url, '{ __typename }', { headers: given });
  expect(answered.headers.get('x-request-id')).toBe('client-7');
  const refused = await post({ headers: { ...given, 'content-type': 'text/plain' }, body: 'x' }, '*/*');
  expect(refused.headers.get('x-request-id')).toBe('client-7');
  expect(refused.errors?.[0]?.extensions['requestId']).toBe('client-7');
  const odd = await ask(shop.url, '{ nothing }', { headers: { 'x-request-id': 'a b"c' } });
  expect(odd.errors?.[0]?.extensions['requestId']).not.toBe('a b"c');
});

function headersFor(body: unknown): Record<string, string> {
  return body instanceof URLSearchParams || body instanceof FormData ? {} : json;
}

function post(request: RequestInit, accept: string, path = '/graphql'): Promise<GraphqlReply> {
  return exchange({ method: 'POST', ...request }, accept, path);
}

function get(headers: Record<string, string>, accept: string, path: string): Promise<GraphqlReply> {
  return exchange({ method: 'GET', headers }, accept, path);
}

async function exchange(request: RequestInit, accept: string, path: string): Promise<GraphqlReply> {
  const headers = { ...(request.headers as Record<string, string> | undefined), accept };
  const response = await fetch(new URL(path, shop.url), { ...request, headers });
  return read(response.status, response.headers, await response.text());
}

function refusalIn({ status, headers, text, errors }: GraphqlReply) {
  expectNoLeak(text);
  expect(errors?.every(({ extensions }) => typeof extensions['requestId'] === 'string')).toBe(true);
  return {
    status,
    code: errors?.[0]?.extensions['code'],
    mediaType: headers.get('content-type')?.replace('; charset=utf-8', ''),
  };
}

function callsToBackends(): number {
  const names: readonly MockName[] = shop.mocks.all.map(({ name }) => name);
  return names.reduce((sum, name) => sum + shop.mocks.service(name).calls.total, 0);
}
