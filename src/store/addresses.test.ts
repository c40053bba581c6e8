import { expect, it } from 'vitest';

import { addressText, endpointOf, sentinelPort } from './addresses.ts';

it.each([
  ['redis://a', { host: 'a', port: 6379 }],
  ['redis://user:p%40ss@a:7000/3', { host: 'a', port: 7000, username: 'user', password: 'p@ss', db: 3 }],
  ['redis://:secret@[::1]:7000', { host: '::1', port: 7000, password: 'secret' }],
  ['rediss://a.example', { host: 'a.example', port: 6379, tls: { servername: 'a.example', ca: 'CA' } }],
  ['rediss://10.0.0.1', { host: '10.0.0.1', port: 6379, tls: { ca: 'CA' } }],
  ['unix:///run/a%20b.sock', { path: '/run/a b.sock' }],
])('%s', (address, endpoint) => {
  expect(endpointOf(address, 'CA')).toEqual(endpoint);
});

it('sentinels have a default port of their own', () => {
  expect(endpointOf('redis://a', undefined, sentinelPort)).toEqual({ host: 'a', port: 26_379 });
});

it('texts have no accounts', () => {
  expect(addressText({ url: 'redis://user:secret@a:1/2' })).toBe('redis://a:1/2');
  expect(addressText({ cluster: ['redis://:secret@a:1', 'rediss://b'] })).toBe('redis://a:1, rediss://b');
  const sentinel = { name: 'main', addresses: ['redis://a', 'redis://b'], password: 'secret', database: 1 };
  expect(addressText({ sentinel })).toBe('redis://a, redis://b (main)');
});
