/** Behind a real shared cache, nginx, every client gets what it gets straight from the gateway, and nobody another's answer. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { freePort } from '../sources/support/stand-in.ts';
import { folderWith } from '../support/folder.ts';
import { startNginx } from '../support/nginx.ts';
import { cachingGateway, kept } from './caching-gateway.ts';

/** It also keeps, for a while, what says nothing of that. @returns Its address in front of the gateway's. */
async function cacheBefore(url: string): Promise<string> {
  const folder = await folderWith({});
  await mkdir(join(folder, 'cache'));
  const port = await freePort();
  const { origin, pathname } = new URL(url);
  const nginx = await startNginx(
    port,
    `proxy_cache_path ${folder}/cache keys_zone=shared:1m use_temp_path=off;
    server {
      listen 127.0.0.1:${port};
      location / {
        proxy_pass ${origin};
        proxy_cache shared;
        proxy_cache_key $request_uri;
        proxy_cache_valid any 1m;
        add_header x-cache $upstream_cache_status always;
      }
    }`,
  );
  onTestFinished(() => nginx.close());
  return `http://127.0.0.1:${port}${pathname}`;
}

interface Got {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}

async function ask(
  url: string,
  query: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ got: Got; cache: string | null }> {
  const reply = await fetch(`${url}?query=${encodeURIComponent(query)}`, {
    headers: { 'apollo-require-preflight': '1', ...headers },
  });
  const body = (await reply.text()).replace(/"requestId":"[^"]*"/g, '');
  const got = { status: reply.status, type: reply.headers.get('content-type'), body };
  return { got, cache: reply.headers.get('x-cache') };
}

const queries = [
  '{ a }',
  '{ b }',
  '{ aUser }',
  '{ aGuarded }',
  '{ aMasked }',
  '{ a aMasked }',
  '{ bUser aGuarded }',
  '{ aBroken }',
  '{ nothing }',
  '{ __typename }',
];

describe.each(['direct', 'apollo'] as const)('the %s front', (front) => {
  it('gives each client its own answers', async () => {
    const { gateway, tokenFor } = await cachingGateway({
      front,
      services: { a: kept, b: { ...kept, vary: 'x-tenant' } },
      rules: { a: 'respond: [cache-control], forward: [cookie]' },
      settings: ['headers: { forward: [x-user-id, x-tenant] }'],
    });
    const [ada, bob] = await Promise.all(['ada', 'bob'].map(async (who) => `Bearer ${await tokenFor(who)}`));
    const clients: ReadonlyArray<Readonly<Record<string, string>>> = [
      {},
      { authorization: ada ?? '' },
      { authorization: bob ?? '' },
      { 'x-tenant': 'one' },
      { 'x-tenant': 'two' },
      { cookie: 'session=1' },
      { accept: 'application/graphql-response+json' },
      { accept: 'text/html' },
      { authorization: 'Bearer nonsense' },
      { 'apollo-require-preflight': '' },
    ];
    const cached = await cacheBefore(gateway.url);
    const crossed: unknown[] = [];
    // In both orders: whoever comes first could fill the cache for the others.
    for (const order of [clients, clients.toReversed()]) {
      for (const query of queries) {
        for (const headers of order) {
          const [straight, behind] = await Promise.all([
            ask(gateway.url, query, headers),
            ask(cached, query, headers),
          ]);
          const { authorization, 'apollo-require-preflight': checked } = headers;
          // A page that is foreign to the gateway may see what everybody may see.
          if (checked === '' && behind.cache === 'HIT' && authorization === undefined) continue;
          if (JSON.stringify(straight.got) !== JSON.stringify(behind.got))
            crossed.push({ query, headers, straight: straight.got, behind: behind.got });
        }
      }
    }
    expect(crossed).toEqual([]);
  });

  it('keeps what everybody may see, and nothing else', async () => {
    const { gateway, tokenFor, calls } = await cachingGateway({ front });
    const cached = await cacheBefore(gateway.url);
    const authorization = `Bearer ${await tokenFor('ada')}`;
    for (const [query, headers, second] of [
      ['{ a }', {}, 'HIT'],
      ['{ a }', { authorization }, 'MISS'],
      ['{ aMasked }', {}, 'MISS'],
      ['{ aGuarded }', {}, 'MISS'],
      ['{ aGuarded }', { authorization }, 'MISS'],
      ['{ nothing }', {}, 'MISS'],
    ] as const) {
      await ask(cached, query, headers);
      expect({ query, cache: (await ask(cached, query, headers)).cache }).toEqual({ query, cache: second });
    }
    const before = calls.get('a');
    await ask(cached, '{ a }', {});
    expect(calls.get('a')).toBe(before);
  });
});
