/** Which answers of a REST service are used again, for whom, and how long. */

import { afterEach, describe, expect, it } from 'vitest';

import type { ServiceHeaders } from '../../src/config/gateway/transport.ts';
import { createHttpTransport } from '../../src/sources/http/transport.ts';
import { cacheControlText } from '../../src/sources/http/cache-control.ts';
import { saidToClient } from '../../src/sources/headers/answer-header-rules.ts';
import { noHeaderRules } from '../../src/sources/headers/request-header-rules.ts';
import { createRestSource, restCacheDefaults } from '../../src/sources/rest/rest-source.ts';
import type { RestCacheOptions } from '../../src/sources/rest/answer-cache.ts';
import { type ContextOptions, requestContext } from '../support/context.ts';
import { type Answer, startStandIn } from './support/stand-in.ts';
import { plainBackend } from '../support/plain-services.ts';

const cleanups: Array<() => Promise<void>> = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

describe('an answer', () => {
  it('is used again while it is fresh, and asked for again after that', async () => {
    const { service, get, wait } = await given({ 'cache-control': 'max-age=10' });
    expect(await get()).toEqual({ answer: 1 });
    wait(9999);
    expect(await get()).toEqual({ answer: 1 });
    wait(2);
    expect(await get()).toEqual({ answer: 2 });
    expect(service.asked).toHaveLength(2);
  });

  it('was kept elsewhere for a time, which counts', async () => {
    const { get, wait } = await given({ 'cache-control': 'max-age=10', age: '8' });
    await get();
    wait(2001);
    expect(await get()).toEqual({ answer: 2 });
  });

  it.each([
    { 'cache-control': 'no-store, max-age=10' },
    { 'cache-control': 'max-age=0' },
    { 'cache-control': 'max-age=-1' },
    { 'cache-control': 'max-age=ten' },
    {},
    { 'cache-control': 'max-age=10', vary: '*' },
    { 'cache-control': 'max-age=10', vary: 'accept, traceparent' },
  ])('with %j is not kept', async (headers) => {
    const { get } = await given(headers);
    await get();
    expect(await get()).toEqual({ answer: 2 });
  });

  it('says how much longer it may be kept to those who keep it on', async () => {
    const respond = { ...noHeaderRules, respond: ['cache-control'] };
    const { get, wait } = await given(
      { 'cache-control': 'max-age=10', age: '2' },
      restCacheDefaults,
      respond,
    );
    const said = async () => {
      const context = requestContext();
      await get(context);
      return cacheControlText(saidToClient(context).control);
    };
    expect(await said()).toBe('max-age=8, private');
    wait(3500);
    expect(await said()).toBe('max-age=4, private');
    wait(4500);
    expect(await said()).toBe('max-age=8, private');
  });

  it.each([{ etag: '"a"' }, { etag: '"a"', 'cache-control': 'no-cache, max-age=10' }])(
    'with %j is asked about each time, and used where it is still right',
    async (headers) => {
      const { service, get } = await given(headers);
      expect(await get()).toEqual({ answer: 1 });
      expect(await get()).toEqual({ answer: 1 });
      expect(service.asked[1]?.headers['if-none-match']).toBe('"a"');
      expect(service.asked).toHaveLength(2);
    },
  );

  it('is never given to another user, nor for another query', async () => {
    const { get } = await given({ 'cache-control': 'max-age=10' });
    const user = (id: string) => ({ forwardHeaders: { 'x-user-id': id } });
    expect(await get(user('u1'))).toEqual({ answer: 1 });
    expect(await get(user('u2'))).toEqual({ answer: 2 });
    expect(await get()).toEqual({ answer: 3 });
    expect(await get({}, { x: '1' })).toEqual({ answer: 4 });
    expect(await get(user('u1'))).toEqual({ answer: 1 });
    expect(await get({ forwardHeaders: { 'x-user-id': 'u1', traceparent: 't' } })).toEqual({ answer: 1 });
  });

  it('of which a reader changed something is whole for the next', async () => {
    const { get } = await given({ 'cache-control': 'max-age=10' });
    const first = (await get()) as Record<string, unknown>;
    first['answer'] = 'changed';
    expect(await get()).toEqual({ answer: 1 });
  });

  it('is forgotten when anything is changed', async () => {
    const { get, source } = await given({ 'cache-control': 'max-age=10' });
    await get();
    await source.put('/users/:id', { params: { id: 'u1' }, body: { a: 1 } }, requestContext());
    expect(await get()).toEqual({ answer: 3 });
  });

  it('is forgotten when there is no place, and none is kept where none may be', async () => {
    const bounded = await given({ 'cache-control': 'max-age=10' }, { ...restCacheDefaults, entriesMax: 1 });
    await bounded.get();
    await bounded.get({}, { x: '1' });
    expect(await bounded.get()).toEqual({ answer: 3 });
    const off = await given({ 'cache-control': 'max-age=10' }, { ...restCacheDefaults, entriesMax: 0 });
    await off.get();
    expect(await off.get()).toEqual({ answer: 2 });
  });
});

it.each(['post', 'put', 'patch', 'delete'] as const)('%s sends its method, body and key', async (method) => {
  const { service, source } = await given({});
  const call = { params: { id: 'a b' }, body: { a: 1 }, idempotencyKey: 'k' };
  await source[method]('/users/:id', call, requestContext());
  expect(service.asked[0]).toMatchObject({
    method: method.toUpperCase(),
    url: '/users/a%20b',
    body: '{"a":1}',
  });
  expect(service.asked[0]?.headers['idempotency-key']).toBe('k');
});

/** Each answer counts one up; a question with the right ETag is answered by 304. */
async function given(
  headers: Record<string, string>,
  cache: RestCacheOptions = restCacheDefaults,
  rules: ServiceHeaders = noHeaderRules,
) {
  let answers = 0;
  const answer: Answer = ({ headers: asked }, response) => {
    if (asked['if-none-match'] !== undefined && asked['if-none-match'] === headers['etag']) {
      response.writeHead(304, headers).end();
    } else response.writeHead(200, headers).end(JSON.stringify({ answer: (answers += 1) }));
  };
  const service = await startStandIn(answer);
  const transport = createHttpTransport();
  cleanups.push(() => transport.close(), service.close);
  let nowMs = 0;
  const backend = plainBackend({ name: 'users', urls: [service.url] }, transport);
  const source = createRestSource(backend, { cache, clock: () => nowMs, headers: rules });
  return {
    service,
    source,
    get: (context: ContextOptions = {}, query: Record<string, string> = {}) =>
      source.get('/users', { query }, requestContext(context)),
    wait: (ms: number) => void (nowMs += ms),
  };
}
