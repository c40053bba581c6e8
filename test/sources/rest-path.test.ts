/** Values in paths of a REST service, before a real nginx: none leads to another place than the template says. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createHttpTransport, type HttpTransport } from '../../src/sources/http/transport.ts';
import type { RestSource } from '../../src/sources/rest/rest-client.ts';
import { createRestSource } from '../../src/sources/rest/rest-source.ts';
import { requestContext } from '../support/context.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { freePort } from './support/stand-in.ts';
import { plainBackend } from '../support/plain-services.ts';

/** With a slash, a backslash or a dot segment, before or after one more decoding. */
const leadingAway = [
  '../internal/x',
  '..%2finternal%2fx',
  '..%2Finternal/x',
  '%2e%2e/internal/x',
  '%2E%2E%2Finternal%2Fx',
  'x/../../internal/x',
  'x%2f..%2f..%2finternal%2fx',
  './../internal/x',
];
const others = [
  'a/b',
  'a%2fb',
  '/',
  'a\\b',
  'a%5Cb',
  '..\\x',
  '.',
  '..',
  '%2e',
  '%2e.',
  '..;a',
  '.%2e%3ba',
  '',
];

let nginx: Nginx;
let transport: HttpTransport;
let origin: string;
/** nginx itself, and a proxy before it that sends on what it has decoded. */
let services: ReadonlyArray<readonly [name: string, base: string]>;

beforeAll(async () => {
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  nginx = await startNginx(
    port,
    `server {
      listen 127.0.0.1:${port};
      location /users/ { return 200 '"users"'; }
      location /files/ { return 200 '"files"'; }
      location /v1/users:batchGet { return 200 '"batch"'; }
      location /internal/ { return 200 '"internal"'; }
      location /proxy/ { rewrite ^/proxy(/.*)$ $1 break; proxy_pass ${origin}$uri; }
    }`,
  );
  services = [
    ['nginx', origin],
    ['a proxy', `${origin}/proxy`],
  ];
  transport = createHttpTransport();
}, 260_000);
afterAll(() => Promise.all([nginx?.close(), transport?.close()]));

describe('a value of one segment', () => {
  it.each(leadingAway)('would lead away if it were only encoded: %j', async (value) => {
    const answers = await Promise.all(
      services.map(async ([, base]) => (await fetch(`${base}/users/${encodeURIComponent(value)}`)).text()),
    );
    expect(answers).toContain('"internal"');
  });

  it.each([...leadingAway, ...others])('is refused where it may lead away: %j', async (id) => {
    for (const [, base] of services) {
      await expect(
        source(base).get('/users/:id', { params: { id } }, requestContext()),
      ).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        message: expect.stringMatching(/^the value given for "id" cannot be sent to users: /),
      });
    }
  });

  it.each(['u1', '...', '.a', 'a..b', 'a%20b', '100%', '%252e%252e', 'a;b', ':id', 'ä 🦊', 'a?b#c&d=e', '*'])(
    'arrives where it should: %j',
    async (id) => {
      for (const [, base] of services.slice(0, 1)) {
        expect(await source(base).get('/users/:id', { params: { id } }, requestContext())).toBe('users');
      }
    },
  );

  it('of any kind is refused or arrives where it should', async () => {
    const piece = fc.constantFrom(
      '.',
      '..',
      '/',
      '\\',
      '%',
      '2',
      'e',
      'f',
      '5',
      'c',
      '%2e',
      '%2F',
      '%5c',
      ';',
      'a',
    );
    const value = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
    const outcomes = { users: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(value, fc.nat(1), async (id, service) => {
        const call = source(services[service]?.[1] ?? '').get(
          '/users/:id',
          { params: { id } },
          requestContext(),
        );
        const answer = await call.catch((error: unknown) => (error as { code: string }).code);
        expect(['users', 'BAD_USER_INPUT', 'SERVICE_ERROR', null]).toContain(answer);
        outcomes[answer === 'users' ? 'users' : 'refused'] += 1;
      }),
      { numRuns: 500 },
    );
    expect(outcomes.users).toBeGreaterThan(20);
    expect(outcomes.refused).toBeGreaterThan(20);
  });
});

describe('a value that may span segments', () => {
  it.each(['a/b/c.txt', 'a', 'ä/ö?', 'a%2Fb'])('keeps its slashes: %j', async (path) => {
    expect(await source(origin).get('/files/:path*', { params: { path } }, requestContext())).toBe('files');
  });

  it.each([
    '../internal/x',
    'a/../../internal/x',
    'a%2f..%2f..%2finternal',
    'a/./b',
    '/a',
    'a//b',
    'a/',
    'a\\b',
    '',
  ])('is refused where it may lead away: %j', async (path) => {
    await expect(
      source(origin).get('/files/:path*', { params: { path } }, requestContext()),
    ).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

it('two values in one segment are held together against the rule', async () => {
  const template = '/users/:{a}:{b}';
  for (const [a, b] of [
    ['%2', 'e'],
    ['.%2', 'e'],
    ['a%2', 'fb'],
    ['%', '5c'],
  ] as const) {
    await expect(source(origin).get(template, { params: { a, b } }, requestContext())).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  }
  expect(await source(origin).get(template, { params: { a: 'a.', b: '.b' } }, requestContext())).toBe(
    'users',
  );
});

it('a colon within a segment stands for itself', async () => {
  expect(await source(origin).get('/v1/users:batchGet', {}, requestContext())).toBe('batch');
});

function source(base: string): RestSource {
  return createRestSource(plainBackend({ name: 'users', urls: [base] }, transport));
}
