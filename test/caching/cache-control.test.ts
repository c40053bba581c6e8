/** What answers tell caches between the gateway and its clients, on both fronts, whatever the status. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

import { describe, expect, it } from 'vitest';

import { cachingGateways, kept, type CachingOptions } from './caching-gateway.ts';

interface Told {
  readonly status: number;
  readonly control: string | undefined;
  readonly vary: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function tell(url: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Told> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const asked = httpRequest(
    url,
    { method, headers: { 'apollo-require-preflight': '1', ...headers } },
    resolve,
  );
  asked.on('error', reject);
  asked.end(body);
  const reply = await promise;
  return {
    status: reply.statusCode ?? 0,
    control: reply.headers['cache-control'],
    vary: (reply.headers.vary ?? '').toLowerCase().split(/\s*,\s*/),
    headers: reply.headers,
    body: await text(reply),
  };
}

const get = (url: string, query: string, sent?: Sent): Promise<Told> =>
  tell(`${url}?query=${encodeURIComponent(query)}`, sent);

const sharedGateway = cachingGateways();
const settings = [
  'server: { graphiql: true }',
  'headers: { perService: [cookie, x-tenant] }',
  'policies: { services: { b: { fallbacks: { Query.bBroken: old } } } }',
];
/** No rule lets service `c` speak. */
const rules = { c: 'respond: []' };
const cachingGateway = (options: CachingOptions = {}): ReturnType<typeof sharedGateway> =>
  sharedGateway({ settings, rules, ...options });

const fronts = ['direct', 'apollo'] as const;
const forwarding = {
  a: 'respond: [cache-control], forward: [cookie, x-tenant], rename: { x-tenant: x-customer }',
};
/** Those by which clients are told apart. */
const inputs = ['accept', 'authorization', 'cookie', 'x-user-id'];

describe.each(fronts)('the %s front', (front) => {
  it.each<[string, string, CachingOptions, string]>([
    ['nothing where no rule lets a service speak', '{ c }', { services: { c: kept } }, 'no-store'],
    ['what the only service says', '{ a }', {}, 'max-age=60, public'],
    ['nothing of an answer without a service', '{ __typename }', {}, 'no-store'],
    ['nothing of the schema', '{ __schema { queryType { name } } }', {}, 'no-store'],
    ['that a field with a scope is nobody else’s', '{ aGuarded }', {}, 'no-store'],
    ['that a masked field is for its client', '{ aMasked }', {}, 'max-age=60, private'],
    ['the same beside fields that anybody may see', '{ a aMasked }', {}, 'max-age=60, private'],
    [
      'the same where a condition leaves it out',
      '{ a aMasked @include(if: false) }',
      {},
      'max-age=60, private',
    ],
    ['nothing of half an answer', '{ a aBroken }', {}, 'no-store'],
    [
      'the strictest of two services',
      '{ a b }',
      { services: { a: kept, b: { 'cache-control': 'private, max-age=5' } } },
      'max-age=5, private',
    ],
    [
      'the strictest, though only the other one may speak',
      '{ a c }',
      { services: { a: kept, c: { 'cache-control': 'max-age=9, public' } } },
      'max-age=9, public',
    ],
    ['nothing where one says nothing', '{ a b }', { services: { a: kept, b: {} } }, 'no-store'],
    [
      'nothing where it varies by everything',
      '{ a }',
      { services: { a: { ...kept, vary: '*' } } },
      'no-store',
    ],
    [
      'that it is for its client where it varies by who that is',
      '{ a }',
      { services: { a: { ...kept, vary: ['origin', 'Authorization'] } } },
      'max-age=60, private',
    ],
  ])('says %s', async (_what, query, options, control) => {
    const { gateway } = await cachingGateway({ front, ...options });
    const told = await get(gateway.url, query);
    expect(told.status).toBe(200);
    expect(told.control).toBe(control);
    if (!told.vary.includes('*')) expect(told.vary).toEqual(expect.arrayContaining(inputs));
  });

  it.each<[string, Readonly<Record<string, string>> | 'token']>([
    ['a token', 'token'],
    ['an Authorization of another scheme', { authorization: 'Basic YTpi' }],
    ['a cookie that the service gets', { cookie: 'session=1' }],
  ])('never says public to a request with %s', async (_what, headers) => {
    const { gateway, tokenFor } = await cachingGateway({ front, rules: forwarding });
    const sent = headers === 'token' ? { authorization: `Bearer ${await tokenFor('ada')}` } : headers;
    expect(await get(gateway.url, '{ a }', { headers: sent })).toMatchObject({
      status: 200,
      control: 'max-age=60, private',
    });
    expect(await get(gateway.url, '{ a }')).toMatchObject({ control: 'max-age=60, public' });
  });

  it('never lets a guarded field be kept for others by who may see it', async () => {
    const { gateway, tokenFor } = await cachingGateway({ front });
    const headers = { authorization: `Bearer ${await tokenFor('ada')}` };
    const told = await get(gateway.url, '{ aGuarded }', { headers });
    expect(told.body).toContain('guarded a');
    expect(told.control).toBe('max-age=60, private');
    expect(told.vary).toContain('authorization');
  });

  it('passes on by what services vary, under the name the client knows', async () => {
    const { gateway } = await cachingGateway({
      front,
      services: { a: { ...kept, vary: ['Origin', 'X-Customer'] }, b: { ...kept, vary: 'X-Other' } },
      rules: forwarding,
    });
    const told = await get(gateway.url, '{ a b }');
    expect(told.control).toBe('max-age=60, public');
    expect(told.vary).toEqual(expect.arrayContaining(['accept', 'origin', 'x-tenant', 'x-other']));
    expect(told.vary).not.toContain('x-customer');
  });

  it('says nothing may be kept of a mutation', async () => {
    const { gateway } = await cachingGateway({ front });
    const body = JSON.stringify({ query: 'mutation { aChange }' });
    const headers = { 'content-type': 'application/json' };
    expect(await tell(gateway.url, { method: 'POST', headers, body })).toMatchObject({
      status: 200,
      control: 'no-store',
    });
    const query = JSON.stringify({ query: '{ a }' });
    expect(await tell(gateway.url, { method: 'POST', headers, body: query })).toMatchObject({
      control: 'max-age=60, public',
    });
  });

  it.each<[string, string, Sent, number]>([
    ['no query', '', {}, 400],
    ['a mistake in the query', '?query=%7B', {}, 200],
    [
      'a mistake under the newer type',
      '?query=%7B',
      { headers: { accept: 'application/graphql-response+json' } },
      400,
    ],
    ['an unknown field', '?query=%7Bzzz%7D', {}, 200],
    ['a mutation by GET', '?query=mutation%7BaChange%7D', {}, 405],
    ['a foreign page', '?query=%7Ba%7D', { headers: { 'apollo-require-preflight': '' } }, 400],
    ['a token that does not hold', '?query=%7Ba%7D', { headers: { authorization: 'Bearer x.y.z' } }, 401],
    ['nothing it can answer with', '?query=%7Ba%7D', { headers: { accept: 'image/png' } }, 406],
    ['another method', '', { method: 'PUT' }, 405],
    ['another body', '', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'a' }, 415],
    [
      'a body that is too large',
      '',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: ' '.repeat(300_000) },
      413,
    ],
    ['a page for people', '', { headers: { accept: 'text/html' } }, 200],
    ['another address', '/../nothing', {}, 404],
    ['liveness', '/../health/live', {}, 200],
    ['readiness', '/../health/ready', {}, 200],
  ])('says no-store to %s', async (_what, path, sent, status) => {
    const { gateway } = await cachingGateway({ front });
    const told = await tell(new URL(gateway.url + path).href, sent);
    expect({ status: told.status, control: told.control }).toEqual({ status, control: 'no-store' });
    if (!path.includes('health')) expect(told.vary).toContain('accept');
  });

  it('says no-store where a value stands in for one of a service that is out', async () => {
    const { gateway, calls } = await cachingGateway({ front, services: { a: kept, b: kept } });
    const told = await get(gateway.url, '{ a bBroken }');
    expect(JSON.parse(told.body)).toMatchObject({ data: { bBroken: 'old' } });
    expect(told.control).toBe('no-store');
    expect(calls.get('b')).toBeGreaterThan(0);
  });
});

it('says no-store in answers to what is not HTTP', async () => {
  const { gateway } = await cachingGateway();
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.end('nonsense\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1.1 400 [^]*\r\ncache-control: no-store\r\n/);
});

it('leaves the published keys and the files of GraphiQL to be kept', async () => {
  const { gateway } = await cachingGateway();
  const told = await tell(new URL('/graphql/graphiql/react.js', gateway.url).href);
  expect(told).toMatchObject({ status: 200, control: 'public, max-age=3600' });
});
