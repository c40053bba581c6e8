import { describe, expect, it } from 'vitest';

import { addressMatcher, clientNetworks, isAddress, plainAddress } from './addresses.ts';

it('addresses are within ranges of their own family', () => {
  const matches = addressMatcher(['10.0.0.0/8', '192.0.2.7', 'fd00::/8']);
  expect(['10.255.0.1', '192.0.2.7', 'fd12::1'].map(matches)).toEqual([true, true, true]);
  expect(['11.0.0.1', '192.0.2.8', 'fe80::1', 'x', ''].map(matches)).toEqual(Array(5).fill(false));
});

it('takes an IPv4 address in IPv6 form for what it is', () => {
  expect(['::ffff:192.0.2.1', '::FFFF:192.0.2.1', '::ffff:c000:201', '192.0.2.1'].map(plainAddress)).toEqual([
    '192.0.2.1',
    '192.0.2.1',
    '::ffff:c000:201',
    '192.0.2.1',
  ]);
});

describe('the network of a client', () => {
  it.each([
    ['2001:db8::1', 64, '2001:db8:0:0'],
    ['2001:db8:0:0:ffff::2', 64, '2001:db8:0:0'],
    ['2001:db8:0:1::1', 64, '2001:db8:0:1'],
    ['2001:db8:0:12ff::1', 56, '2001:db8:0:1200'],
    ['2001:db8:0:1::1', 48, '2001:db8:0'],
    ['2001:db8::1', 128, '2001:db8:0:0:0:0:0:1'],
    ['::1', 64, '0:0:0:0'],
    ['fe80::1%eth0', 64, 'fe80:0:0:0'],
    ['10.0.0.1', 64, '10.0.0.1'],
    ['', 64, ''],
  ])('%s with /%d is %s', (address, ipv6PrefixBits, network) => {
    expect(clientNetworks({ trustedProxies: [], ipv6PrefixBits })(address, {})).toBe(network);
  });

  it.each([
    ['there is no x-forwarded-for', undefined, '10.0.0.1'],
    ['one client', '192.0.2.1', '192.0.2.1'],
    ['with a port', '192.0.2.1:4711', '192.0.2.1'],
    ['IPv6', '2001:db8::1', '2001:db8:0:0'],
    ['IPv6 with a port', '[2001:db8::1]:443', '2001:db8:0:0'],
    ['IPv4 in IPv6 form', '::ffff:192.0.2.1', '192.0.2.1'],
    ['IPv4 in IPv6 form, in hexadecimal', '0:0:0:0:0:FFFF:c000:201', '192.0.2.1'],
    ['IPv6 that begins as IPv4 in IPv6 form', '::fffe:c000:201', '0:0:0:0'],
    ['what the client itself claims', '198.51.100.9, 192.0.2.1', '192.0.2.1'],
    ['through two proxies of ours', '198.51.100.9,192.0.2.1, 10.0.0.2', '192.0.2.1'],
    ['only proxies', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['something that is no address', '192.0.2.1, unknown', '10.0.0.1'],
    ['nothing behind a comma', '192.0.2.1,', '10.0.0.1'],
  ])('behind a trusted proxy is the forwarded one: %s', (_what, forwarded, network) => {
    const networkOf = clientNetworks({ trustedProxies: ['10.0.0.0/8'], ipv6PrefixBits: 64 });
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    expect(networkOf('10.0.0.1', headers)).toBe(network);
  });

  it('is its own where a client forwards itself', () => {
    const networkOf = clientNetworks({ trustedProxies: ['10.0.0.0/8'], ipv6PrefixBits: 64 });
    expect(networkOf('203.0.113.5', { 'x-forwarded-for': '192.0.2.1' })).toBe('203.0.113.5');
  });
});

it('tells addresses from names, with brackets, ports and zones', () => {
  const addresses = ['10.0.0.1', '10.0.0.1:53', '::1', '[::1]', '[::1]:53', 'fe80::1%eth0'];
  expect(addresses.filter((host) => !isAddress(host))).toEqual([]);
  const others = ['localhost', 'a.example:53', '10.0.0.256', '10.0.0.1:123456', '[::1', '10.0.0.0/8', ''];
  expect(others.filter(isAddress)).toEqual([]);
});
