/** The REST client of resolvers: encoding that no value escapes, and statuses as error codes. */

import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';

import { createHttpTransport } from '../../src/sources/http/transport.ts';
import { restPath } from '../../src/sources/rest/path.ts';
import { createRestSource } from '../../src/sources/rest/rest-source.ts';
import { requestContext } from '../support/context.ts';
import { type Answer, json, startStandIn, text } from './support/stand-in.ts';
import { plainBackend } from '../support/plain-services.ts';

const cleanups: Array<() => Promise<void>> = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

describe('paths', () => {
  it.each([
    ['a?admin=1', '/users/a%3Fadmin%3D1'],
    ['a#b', '/users/a%23b'],
    ['%252e%252e', '/users/%25252e%25252e'],
    ['...', '/users/...'],
    ['ä 1', '/users/%C3%A4%201'],
    [':id', '/users/%3Aid'],
    ['$&', '/users/%24%26'],
  ])('keep %j one segment', (id, path) => {
    expect(restPath('users', '/users/:id', { params: { id } })).toBe(path);
  });

  it.each([
    '',
    '.',
    '..',
    'a/b',
    'a\\b',
    '%2e%2e',
    'a\r\nx-admin: 1',
    'a\nb',
    'a\0b',
    '\ud800',
    'x'.repeat(9000),
  ])('refuse %j', (id) => {
    const build = () => restPath('users', '/users/:id', { params: { id } });
    expect(build).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT', public: { service: 'users' } }));
  });

  it('hold any other value so that the service reads exactly that value', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1 }),
        fc.string({ unit: 'grapheme' }),
        (id, value) => {
          let path: string;
          try {
            path = restPath('users', '/users/:id/x', { params: { id }, query: { value } });
          } catch (error) {
            expect(error).toMatchObject({ code: 'BAD_USER_INPUT' });
            return;
          }
          const url = new URL(path, 'http://users');
          const segments = url.pathname.split('/');
          expect(segments.map(decodeURIComponent)).toEqual(['', 'users', id, 'x']);
          expect([...url.searchParams]).toEqual([['value', value]]);
        },
      ),
    );
  });

  it.each<[object, string]>([
    [{ ids: ['u1', 'u&2'], first: 3, active: true }, '/users?ids=u1,u%262&first=3&active=true'],
    [{ ids: ['u1', 'u&2'], lists: 'repeat' }, '/users?ids=u1&ids=u%262'],
    [{ 'ids[]': ['a,b'], lists: 'repeat' }, '/users?ids%5B%5D=a%2Cb'],
    [{ ids: [] }, '/users'],
    [{ ids: [], first: 3, lists: 'repeat' }, '/users?first=3'],
  ])('send lists in one of two styles, and nothing for an empty one: %j', (given, path) => {
    const { lists, ...query } = given as { lists?: 'repeat' };
    expect(restPath('users', '/users', { query, ...(lists ? { lists } : {}) })).toBe(path);
  });

  it.each([
    ['/v1/users:batchGet', {}, '/v1/users:batchGet'],
    ['/v1/users/:id:archive', { id: 'u1' }, '/v1/users/u1:archive'],
    ['/v1/users/u-:{id}:archive', { id: 'u1' }, '/v1/users/u-u1:archive'],
    ['/files/:path*', { path: 'a b/c' }, '/files/a%20b/c'],
    ['/files/:{path*}/raw', { path: 'a/b' }, '/files/a/b/raw'],
  ])('take colons that begin no segment as they stand: %s', (template, params, path) => {
    expect(restPath('users', template, { params })).toBe(path);
  });

  it('refuse entries of a joined list that hold a comma', () => {
    expect(() => restPath('users', '/users', { query: { ids: ['u1,u2'] } })).toThrow(
      /"ids" cannot be sent to users: commas separate its entries, and one of them has a comma$/,
    );
  });

  it('need a value for every name of the template', () => {
    expect(() => restPath('users', '/users/:id', {})).toThrow('no value for :id in /users/:id');
    expect(() => restPath('users', '/users/u-:id', { params: { id: 'u1' } })).toThrow(
      '/users/u-:id has no :id that begins a segment, nor :{id}',
    );
  });
});

describe('calls', () => {
  it('go below the path of the address, with query and headers', async () => {
    const { service, source } = await given(json({ id: 'u1' }), '/api/');
    const call = { params: { id: 'u1' }, query: { full: true }, headers: { 'idempotency-key': 'k' } };
    expect(await source.get('/users/:id', call, requestContext())).toEqual({ id: 'u1' });
    expect(service.asked[0]).toMatchObject({ method: 'GET', url: '/api/users/u1?full=true', body: '' });
    expect(service.asked[0]?.headers['idempotency-key']).toBe('k');
    expect(service.asked[0]?.headers['content-type']).toBeUndefined();
  });

  it('carry the query of the address after their own', async () => {
    const { service, source } = await given(json({}), '/api/?tenant=7');
    await source.get('/users/:id', { params: { id: 'u1' } }, requestContext());
    await source.get('/users', { query: { full: true } }, requestContext());
    expect(service.asked.map(({ url }) => url)).toEqual([
      '/api/users/u1?tenant=7',
      '/api/users?full=true&tenant=7',
    ]);
  });

  it('post JSON', async () => {
    const { service, source } = await given(json({ id: 'pay-1' }, 201));
    const body = { orderId: 'o1', amount: 5 };
    expect(await source.post('/payments', { body }, requestContext())).toEqual({ id: 'pay-1' });
    expect(service.asked[0]).toMatchObject({ method: 'POST', url: '/payments', body: JSON.stringify(body) });
    expect(service.asked[0]?.headers['content-type']).toBe('application/json');
  });

  it.each(['a\r\nb: c', 'a\nb', 'a\0'])('refuse the header value %j', async (value) => {
    const { service, source } = await given(json({}));
    await expect(
      source.get('/users', { headers: { 'x-key': value } }, requestContext()),
    ).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect(service.asked).toHaveLength(0);
  });

  it('answer null for 404 and for an empty body', async () => {
    const missing = await given(json({ error: 'not found' }, 404));
    expect(await missing.source.get('/users/u9', {}, requestContext())).toBeNull();
    const empty = await given(text('', 204));
    expect(await empty.source.get('/users/u9', {}, requestContext())).toBeNull();
  });

  it.each([
    [400, 'SERVICE_ERROR'],
    [401, 'SERVICE_ERROR'],
    [422, 'SERVICE_ERROR'],
    [429, 'SERVICE_UNAVAILABLE'],
    [500, 'SERVICE_ERROR'],
    [502, 'SERVICE_UNAVAILABLE'],
    [503, 'SERVICE_UNAVAILABLE'],
    [504, 'SERVICE_UNAVAILABLE'],
    [301, 'SERVICE_BAD_RESPONSE'],
  ])('fail for status %i with %s', async (status, code) => {
    const { source } = await given(text('secret', status, { location: '/elsewhere' }));
    const error = await source.get('/users', {}, requestContext()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code, public: { service: 'users' } });
    expect(String((error as Error).message)).not.toContain('secret');
  });

  it('fail for a post to a path that is not there', async () => {
    const { source } = await given(json({ code: 'NO_SUCH_ORDER', error: 'o9 of jane@example.com' }, 404));
    await expect(source.post('/payments', { body: {} }, requestContext())).rejects.toMatchObject({
      code: 'SERVICE_ERROR',
      message: 'users answered with an error',
      public: { service: 'users', serviceCode: 'NO_SUCH_ORDER' },
      cause: { name: 'ServiceRefusal', message: 'o9 of jane@example.com' },
    });
  });

  it('repeat no word of an error that is not UTF-8', async () => {
    const body = Buffer.from('{"error":"Zürich","code":"NO_SUCH_CITY"}', 'latin1');
    const { source } = await given((_request, response) => void response.writeHead(422).end(body));
    await expect(source.get('/users', {}, requestContext())).rejects.toMatchObject({
      code: 'SERVICE_ERROR',
      public: { service: 'users' },
      cause: { message: 'users answered with an error' },
    });
  });

  it.each([
    ['is not JSON', '<html>'],
    ['is not UTF-8', Buffer.from('"Zürich"', 'latin1')],
  ])('fail for what %s', async (_what, body) => {
    const { source } = await given((_request, response) => void response.end(body));
    await expect(source.get('/users', {}, requestContext())).rejects.toMatchObject({
      code: 'SERVICE_BAD_RESPONSE',
    });
  });
});

async function given(answer: Answer, path = '') {
  const service = await startStandIn(answer);
  const transport = createHttpTransport();
  cleanups.push(
    () => transport.close(),
    () => service.close(),
  );
  return {
    service,
    source: createRestSource(plainBackend({ name: 'users', urls: [service.url + path] }, transport)),
  };
}
