import { readFile } from 'node:fs/promises';

import { expect, it } from 'vitest';

import { redisSchema } from './redis.ts';

it('has nothing that docs/reference/gateway-yaml.md does not list', async () => {
  const docs = await readFile(new URL('../../../docs/reference/gateway-yaml.md', import.meta.url), 'utf8');
  const keys = ['url', 'cluster', 'caFile', ...Object.keys(redisSchema.parse({ url: 'redis://localhost' }))];
  expect(keys.filter((key) => !docs.includes(`\`redis.${key}\``))).toEqual([]);
});

it.each([
  ['neither one server nor a cluster', {}],
  ['both', { url: 'redis://a', cluster: ['redis://b'] }],
  ['another protocol', { url: 'http://a' }],
  ['no host', { url: 'redis:///0' }],
  ['a socket as a node of a cluster', { cluster: ['unix:///run/redis.sock'] }],
  ['a prefix that a pattern could match', { url: 'redis://a', keyPrefix: 'a*' }],
])('refuses %s', (_what, settings) => {
  expect(redisSchema.safeParse(settings).success).toBe(false);
});

it.each(['redis://a', 'rediss://user:p%40ss@a:6380/3', 'redis://[::1]:6379', 'unix:///run/redis.sock'])(
  'takes %s',
  (url) => {
    expect(redisSchema.safeParse({ url }).success).toBe(true);
  },
);
