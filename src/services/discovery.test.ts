import { describe, expect, it } from 'vitest';

import { dnsServer } from '../../test/support/dns-server.ts';
import { dnsDefaults, type DnsOptions } from '../config/gateway/transport.ts';
import {
  endpointsOf,
  systemDns,
  type DiscoveryParts,
  type DnsResolver,
  type FoundService,
} from './discovery.ts';

const url = 'dns+https://shop.internal:8443/graphql';

describe('addresses of a name', () => {
  it('become endpoints that keep the name, and follow what DNS says', async () => {
    const given = givenDns({ addresses: { '10.0.0.1': 30, '10.0.0.2': 20 } });
    const source = endpointsOf([{ url, zone: 'eu' }], given.parts);
    await source.ready;
    const plain = 'https://shop.internal:8443/graphql';
    const [first, second] = source.endpoints;
    expect(source.endpoints).toEqual([
      { id: `${plain} 10.0.0.1`, url: plain, address: '10.0.0.1', zone: 'eu' },
      { id: `${plain} 10.0.0.2`, url: plain, address: '10.0.0.2', zone: 'eu' },
    ]);
    const changes: string[][] = [];
    source.onChange((endpoints) => changes.push(endpoints.map(({ address = '' }) => address)));

    given.state.addresses = { '10.0.0.3': 30, '10.0.0.2': 30 };
    await given.expire();
    expect(changes).toEqual([['10.0.0.2', '10.0.0.3']]);
    expect(source.endpoints[0]).toBe(second);
    expect(source.endpoints).not.toContain(first);
    // In another order it is the same.
    given.state.addresses = { '10.0.0.2': 30, '10.0.0.3': 30 };
    await given.expire();
    expect(changes).toHaveLength(1);
  });

  it.each([
    { about: 'the shortest of the records', ttls: [30, 20], random: 0, waitMs: 20_000 },
    { about: 'up to a tenth later by chance', ttls: [20], random: 1, waitMs: 22_000 },
    { about: 'at least the least', ttls: [0], random: 0, waitMs: 1000 },
    { about: 'at most the most', ttls: [86_400], random: 0, waitMs: 300_000 },
  ])('are asked for again when they expire: $about', async ({ ttls, random, waitMs }) => {
    const addresses = Object.fromEntries(ttls.map((ttl, index) => [`10.0.0.${index}`, ttl]));
    const given = givenDns({ addresses, random });
    await endpointsOf([{ url }], given.parts).ready;
    expect(given.waits).toEqual([waitMs]);
  });

  it('stay while DNS fails, which is reported once, and are asked for with growing patience', async () => {
    const given = givenDns({ addresses: { '10.0.0.1': 10 } });
    const source = endpointsOf([{ url }], given.parts);
    await source.ready;
    const before = source.endpoints;
    given.state.error = new Error('SERVFAIL');
    for (let time = 0; time < 7; time += 1) await given.expire();
    expect(source.endpoints).toBe(before);
    expect(given.failures).toEqual(['SERVFAIL']);
    expect(given.waits).toEqual([10_000, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    given.state.error = undefined;
    given.state.addresses = { '10.0.0.9': 10 };
    await given.expire();
    expect(source.endpoints).toMatchObject([{ address: '10.0.0.9' }]);
  });

  it('stay where DNS has none left, or one that no backend may have', async () => {
    const given = givenDns({ addresses: { '10.0.0.1': 10 } });
    const source = endpointsOf([{ url }], given.parts);
    await source.ready;
    given.state.addresses = {};
    await given.expire();
    expect(source.endpoints).toMatchObject([{ address: '10.0.0.1' }]);
    given.state.addresses = { '10.0.0.2': 10, '169.254.169.254': 10 };
    await given.expire();
    expect(source.endpoints).toMatchObject([{ address: '10.0.0.1' }]);
  });

  it('are no more than allowed, and those in use stay', async () => {
    const given = givenDns({ addresses: { '10.0.0.1': 1, '10.0.0.2': 1 }, options: { addressesMax: 2 } });
    const source = endpointsOf([{ url }], given.parts);
    await source.ready;
    given.state.addresses = { '10.0.0.7': 1, '10.0.0.8': 1, '10.0.0.2': 1 };
    await given.expire();
    expect(source.endpoints.map(({ address }) => address)).toEqual(['10.0.0.2', '10.0.0.7']);
  });

  it('are not asked for after the end', async () => {
    const given = givenDns({ addresses: { '10.0.0.1': 1 } });
    const source = endpointsOf([{ url }, { url: 'dns+http://other:80' }], given.parts);
    await source.ready;
    source.close();
    expect([given.state.closed, given.state.cancelled]).toEqual([2, 2]);
    const late = endpointsOf([{ url }], given.parts);
    late.close();
    await late.ready;
    expect([late.endpoints, given.waits.length]).toEqual([[], 2]);
  });

  it('stand beside fixed ones', async () => {
    const given = givenDns({ addresses: { '10.0.0.1': 1 } });
    const source = endpointsOf([{ url: 'http://fixed/' }, { url }], given.parts);
    await source.ready;
    expect(source.endpoints).toMatchObject([{ url: 'http://fixed/' }, { address: '10.0.0.1' }]);
  });
});

describe('SRV records', () => {
  const services = [
    { name: 'one.internal', port: 9001, priority: 1 },
    { name: 'spare.internal', port: 9002, priority: 2 },
  ];

  it('give the port, the best priority alone; TLS and host header keep the name of the service', async () => {
    const given = givenDns({ addresses: { '10.0.0.1': 1 }, services });
    const source = endpointsOf([{ url: 'srv+https://_https._tcp.shop.internal/graphql' }], given.parts);
    await source.ready;
    expect(source.endpoints).toMatchObject([
      { url: 'https://shop.internal:9001/graphql', address: '10.0.0.1' },
    ]);
    expect(given.asked).toEqual(['srv _https._tcp.shop.internal', 'one.internal']);
  });

  it('are looked for first where an address has no port, and are not needed', async () => {
    const given = givenDns({ addresses: { '10.0.0.1': 1 }, services });
    const source = endpointsOf([{ url: 'dns+http://shop.internal/' }], given.parts);
    await source.ready;
    expect(source.endpoints).toMatchObject([{ url: 'http://shop.internal:9001/' }]);
    given.state.services = undefined;
    await given.expire();
    expect(source.endpoints).toMatchObject([{ url: 'http://shop.internal/' }]);
  });

  it('may not lead to ports that the gateway does not allow', async () => {
    const given = givenDns({ addresses: { '10.0.0.1': 1 }, services });
    const source = endpointsOf([{ url: 'srv+http://shop.internal/' }], {
      ...given.parts,
      isAllowed: (found) => !found.includes(':9001'),
    });
    await source.ready;
    expect(source.endpoints).toEqual([]);
    expect(given.failures).toEqual(['every address is outside "transport.allowedOrigins"']);
  });
});

it('a real DNS server is asked for A and SRV records with their time to live', async () => {
  const server = await dnsServer({
    a: { 'one.internal': ['127.0.0.1', '127.0.0.2'] },
    srv: { '_http._tcp.shop.internal': [{ name: 'one.internal', port: 4001, priority: 10 }] },
    ttl: 17,
  });
  const dns = systemDns({ ...dnsDefaults, servers: [server.address] });
  expect(await dns.addresses('one.internal')).toEqual([
    { address: '127.0.0.1', ttl: 17 },
    { address: '127.0.0.2', ttl: 17 },
  ]);
  expect(await dns.services('_http._tcp.shop.internal')).toMatchObject([
    { name: 'one.internal', port: 4001, priority: 10 },
  ]);
  await expect(dns.services('one.internal')).rejects.toMatchObject({ code: 'ENODATA' });
  server.serve({ broken: true });
  await expect(dns.addresses('one.internal')).rejects.toMatchObject({ code: 'ESERVFAIL' });
});

interface State {
  /** Times to live by address. */
  addresses: Readonly<Record<string, number>>;
  services?: readonly FoundService[] | undefined;
  error?: Error | undefined;
  closed: number;
  cancelled: number;
}

/** A resolver made of code; time passes where a test says so. */
function givenDns(given: Partial<State> & { random?: number; options?: Partial<DnsOptions> }) {
  const { random = 0, options = {}, ...start } = given;
  const state: State = { addresses: {}, closed: 0, cancelled: 0, ...start };
  const [asked, failures, waits]: [string[], string[], number[]] = [[], [], []];
  let next: () => void = () => undefined;
  const dns: DnsResolver = {
    addresses(name) {
      asked.push(name);
      if (state.error) return Promise.reject(state.error);
      return Promise.resolve(Object.entries(state.addresses).map(([address, ttl]) => ({ address, ttl })));
    },
    services(name) {
      asked.push(`srv ${name}`);
      const none = Object.assign(new Error('no records'), { code: 'ENODATA' });
      return state.services ? Promise.resolve(state.services) : Promise.reject(none);
    },
    close: () => void (state.closed += 1),
  };
  const parts: DiscoveryParts = {
    options: { ...dnsDefaults, ...options },
    rules: { allowLoopback: false, allowPrivate: true },
    isAllowed: () => true,
    dns: () => dns,
    random: () => random,
    schedule(run, afterMs) {
      waits.push(afterMs);
      next = run;
      return () => void (state.cancelled += 1);
    },
    onFailed: (_url, error) => failures.push(error instanceof Error ? error.message : ''),
  };
  return {
    parts,
    state,
    asked,
    failures,
    waits,
    /** The wait is over; returns when the next one has begun. */
    async expire(): Promise<void> {
      const before = waits.length;
      next();
      for (let turn = 0; waits.length === before && turn < 1000; turn += 1) await Promise.resolve();
    },
  };
}
