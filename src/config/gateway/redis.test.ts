import { readFile } from 'node:fs/promises';

import { expect, it } from 'vitest';

import { redisSchema, sentinelSchema } from './redis.ts';

it('has nothing that docs/reference/gateway-yaml.md does not list', async () => {
  const docs = await readFile(new URL('../../../docs/reference/gateway-yaml.md', import.meta.url), 'utf8');
  const keys = [
    ...Object.keys(redisSchema.shape).filter((key) => key !== 'sentinel'),
    ...Object.keys(sentinelSchema.shape).map((key) => `sentinel.${key}`),
  ];
  expect(keys).toContain('sentinel.name');
  expect(keys.filter((key) => !docs.includes(`\`redis.${key}\``))).toEqual([]);
});

const sentinel = { name: 'main', addresses: ['redis://a:26379', 'redis://b'] };

it.each([
  ['neither one server nor several', {}, 'expected one of url, cluster and sentinel'],
  ['one server and a cluster', { url: 'redis://a', cluster: ['redis://b'] }, 'expected one of'],
  ['a cluster and Sentinel', { cluster: ['redis://b'], sentinel }, 'expected one of'],
  ['another protocol', { url: 'http://a' }, 'expected redis://'],
  ['no host', { url: 'redis:///0' }, 'expected redis://'],
  ['a socket as a node of a cluster', { cluster: ['unix:///run/redis.sock'] }, 'expected redis://'],
  ['a prefix that a pattern could match', { url: 'redis://a', keyPrefix: 'a*' }, 'expected letters'],
  ['no sentinels', { sentinel: { ...sentinel, addresses: [] } }, 'addresses'],
  [
    'an account in the address of a sentinel',
    { sentinel: { ...sentinel, addresses: ['redis://u:p@a'] } },
    'host:port',
  ],
  [
    'a database in the address of a sentinel',
    { sentinel: { ...sentinel, addresses: ['redis://a/1'] } },
    'host:port',
  ],
  [
    'TLS for some sentinels',
    { sentinel: { ...sentinel, addresses: ['redis://a', 'rediss://b'] } },
    'all addresses',
  ],
  ['a name of several words', { sentinel: { ...sentinel, name: 'a b' } }, 'expected letters'],
  [
    'a user of sentinels without a password',
    { sentinel: { ...sentinel, username: 'u' } },
    'needs a password',
  ],
  ['a user without a password', { url: 'redis://a', username: 'u' }, 'needs a password'],
  ['an account in both places', { cluster: ['redis://a', 'redis://u:p@b'], password: 'p' }, 'give it once'],
])('refuses %s', (_what, settings, reason) => {
  const { error } = redisSchema.safeParse(settings);
  expect(JSON.stringify(error?.issues)).toContain(reason);
});

it.each(['redis://a', 'rediss://user:p%40ss@a:6380/3', 'redis://[::1]:6379', 'unix:///run/redis.sock'])(
  'takes %s',
  (url) => {
    expect(redisSchema.safeParse({ url }).success).toBe(true);
  },
);

it('takes Sentinel with accounts of sentinels and servers', () => {
  const settings = {
    sentinel: { ...sentinel, username: 'watcher', password: 'a/b@c' },
    username: 'gateway',
    password: 'd:e',
  };
  expect(redisSchema.parse(settings)).toMatchObject({ ...settings, sentinel: { database: 0 } });
});
