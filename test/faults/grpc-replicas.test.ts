/** Replicas of a gRPC service behind fault proxies: failover, zones, replicas that leave, and names in DNS. */

import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it, onTestFinished } from 'vitest';

import { loadGatewayConfig } from '../../src/config/gateway/gateway-config.ts';
import { loadGraphFile } from '../../src/config/graph/file.ts';
import { dnsDefaults } from '../../src/config/gateway/transport.ts';
import type { EndpointSource, Endpoint } from '../../src/resilience/endpoints.ts';
import { Events } from '../../src/shared/events.ts';
import { MutationCounter } from '../../src/shared/mutation-counter.ts';
import { endpointsOf, systemDns } from '../../src/services/discovery.ts';
import { createBackends } from '../../src/services/backends.ts';
import { loadSubgraphs } from '../../src/services/load.ts';
import { fetchFrom } from '../sources/support/fetch.ts';
import { makeCertificates } from '../support/certificates.ts';
import { requestContext } from '../support/context.ts';
import { dnsServer } from '../support/dns-server.ts';
import { folderWith } from '../support/folder.ts';
import { stockProto, stockServer, type StockServer } from '../support/stock-server.ts';
import type { Toxic } from './proxy/toxics.ts';
import { givenStock } from './support/given-stock.ts';

const outages: ReadonlyArray<readonly [string, Toxic]> = [
  ['refuses connections', { kind: 'refuse' }],
  ['resets connections', { kind: 'reset', afterBytes: 0, direction: 'request' }],
  ['cuts its answers off', { kind: 'truncate', afterBytes: 40 }],
  ['does not answer', { kind: 'blackhole' }],
];

describe('two replicas in the near zone and two in the far one', () => {
  it.each(outages)('calls leave a near zone that %s, and come back', async (_what, toxic) => {
    const given = await givenStock({
      near: 2,
      far: 2,
      ...(toxic.kind === 'blackhole' ? { attemptTimeoutMs: 250 } : {}),
    });
    const near = given.proxies.slice(0, 2);
    const isNear = async (): Promise<boolean> =>
      (await many(12, given.stock)).every((answer) => answer === 'near');
    // One that is slow at first, as any may be on a busy machine, is asked less often than the other.
    const isEachAsked = async (): Promise<boolean> =>
      (await isNear()) && near.every(({ counts }) => counts.calls > 0);
    await expect.poll(isEachAsked).toBe(true);

    await Promise.all(near.map((proxy) => proxy.set(toxic)));
    const during = await many(40, given.stock);
    // The first ones find it out; nobody after them does, and the service as a whole is never given up.
    expect(during.slice(15).filter((answer) => answer !== 'far')).toEqual([]);
    expect(given.changes.filter(({ replica }) => replica === null)).toEqual([]);

    await Promise.all(near.map((proxy) => proxy.heal()));
    await expect.poll(isNear).toBe(true);
  });

  it('one near replica that fails costs no call, and the far zone gets none', async () => {
    const { stock, proxies } = await givenStock({ near: 2, far: 2 });
    await many(10, stock);
    await proxies[0]?.set({ kind: 'refuse' });
    expect((await many(40, stock)).filter((answer) => answer !== 'near')).toEqual([]);
    expect(proxies.slice(2).every(({ counts }) => counts.calls === 0)).toBe(true);
  });
});

describe('channels', () => {
  it('are kept for the next calls, and given up when their replica leaves or its breaker opens', async () => {
    const { stock, proxies, service, endpoints } = await givenStock({ near: 2, far: 0 });
    await Promise.all(Array.from({ length: 20 }, stock));
    await many(20, stock);
    expect(proxies.map(({ counts }) => [counts.accepted, counts.open])).toEqual([
      [1, 1],
      [1, 1],
    ]);
    const source = changing(endpoints);
    service.replicas.follow(source);
    source.become(endpoints.slice(0, 1));
    await expect.poll(() => proxies.map(({ counts }) => counts.open)).toEqual([1, 0]);
    service.replicas.loseAll();
    await expect.poll(() => proxies.map(({ counts }) => counts.open)).toEqual([0, 0]);
    expect(await stock()).toBe('near');
    expect(proxies.map(({ counts }) => counts.accepted)).toEqual([2, 1]);
  });

  it('of a replica that leaves end after the calls under way on them', async () => {
    const { source, proxies, service, endpoints } = await givenStock({ near: 1, far: 0 });
    const stream = source.stream('WatchStock', { upcs: ['p'], updates: 20 }, requestContext());
    const read: unknown[] = [];
    for await (const message of stream) {
      if (read.length === 0) {
        const leaving = changing(endpoints);
        service.replicas.follow(leaving);
        leaving.become([]);
      }
      read.push(message);
    }
    expect(read.length).toBe(20);
    await expect.poll(() => proxies[0]?.counts.open).toBe(0);
  });
});

describe('names in DNS', () => {
  it('lead to the replicas of their A records; one that leaves gets no calls', async () => {
    const one = await stockServer('one');
    const other = await stockServer('other', { host: '127.0.0.2', port: one.port });
    const name = 'stock.test';
    const dns = await dnsServer({ a: { [name]: ['127.0.0.1', '127.0.0.2'] } });
    const { stock, service } = await givenStock({ near: 0, far: 0 });
    service.replicas.follow(found(`dns+grpc://${name}:${one.port}`, dns.address));
    await expect.poll(() => service.replicas.size).toBe(2);
    expect(new Set(await many(20, stock))).toEqual(new Set(['one', 'other']));
    expect(one.hosts).toEqual(new Set([`${name}:${one.port}`]));
    dns.serve({ a: { [name]: ['127.0.0.2'] } });
    await expect.poll(() => service.replicas.size).toBe(1);
    expect(new Set(await many(10, stock))).toEqual(new Set(['other']));
    expect(callsOf(other)).toBeGreaterThan(10);
  });

  it('lead to the ports of their SRV records, with the name of the service in the certificate', async () => {
    const certificates = await makeCertificates(['stock.test']);
    onTestFinished(() => certificates.remove());
    const { ca, server: tls } = certificates;
    const server = await stockServer('secure', { tls });
    const records = [{ name: 'node-1.test', port: server.port, priority: 1 }];
    const dns = await dnsServer({
      a: { 'node-1.test': ['127.0.0.1'] },
      srv: { '_grpc._tcp.stock.test': records },
    });
    const { stock, service } = await givenStock({ near: 0, far: 0, tls: { ca } });
    service.replicas.follow(found('srv+grpcs://_grpc._tcp.stock.test', dns.address));
    await expect.poll(() => service.replicas.size).toBe(1);
    expect(await stock()).toBe('secure');
    expect(server.hosts).toEqual(new Set([`stock.test:${server.port}`]));
  });

  it('work with zones for a source of graph.yaml', async () => {
    const [near, far] = await Promise.all([stockServer('near'), stockServer('far')]);
    const dns = await dnsServer({ a: { 'stock.test': ['127.0.0.1'] } });
    const subgraph = await subgraphFor(
      `[{ url: 'grpc://127.0.0.1:${far.port}', zone: us }, { url: 'dns+grpc://stock.test:${near.port}', zone: eu }]`,
      dns.address,
    );
    const place = async (): Promise<unknown> => (await fetchFrom(subgraph, '{ place }')).data;
    expect(await place()).toEqual({ place: 'near' });
    await near.close();
    expect(await place()).toEqual({ place: 'far' });
    expect([callsOf(near), callsOf(far)]).toEqual([1, 1]);
  });
});

async function subgraphFor(urls: string, dns: string) {
  const define = new URL('../../src/services/define.ts', import.meta.url).href;
  const folder = await folderWith({
    'stock.graphql': 'type Query { place: String }',
    'stock.mjs': `
import { defineSubgraph } from ${JSON.stringify(define)};
const place = async (_parent, _args, { sources, request }) =>
  (await sources.stock.call('GetStock', { upc: 'p' }, request)).warehouse;
export const subgraph = defineSubgraph({ sources: { stock: 'grpc' }, resolvers: { Query: { place } } });
`,
    'graph.yaml': `
subgraphs:
  stock: { kind: local, schema: stock.graphql, resolvers: stock.mjs, sources: [stock], owner: x }
sources:
  stock:
    kind: grpc
    urls: ${urls}
    proto: ${stockProto.protoPath}
    service: ${stockProto.service}
`,
    'gateway.yaml': `
transport: { dns: { servers: ['${dns}'] } }
policies: { defaults: { replicas: { zones: [eu, us] }, retries: { budget: { perSecondMin: 100 } } } }
`,
  });
  const graph = await loadGraphFile(`${folder}/graph.yaml`);
  const config = await loadGatewayConfig(`${folder}/gateway.yaml`);
  const backends = createBackends(config, new MutationCounter(), new Events());
  const loaded = await loadSubgraphs(graph, backends);
  onTestFinished(() => loaded.close());
  return loaded.subgraphs.get('stock');
}

function callsOf({ calls }: StockServer): number {
  return calls.GetStock + calls.GetStocks;
}

function found(url: string, server: string): EndpointSource {
  const options = { ...dnsDefaults, servers: [server], ttlMinMs: 100 };
  return endpointsOf([{ url }], {
    options,
    rules: { allowLoopback: true, allowPrivate: true },
    isAllowed: () => true,
    dns: () => systemDns(options),
    random: () => 0,
    schedule(run, afterMs) {
      const timer = setTimeout(run, afterMs);
      return () => clearTimeout(timer);
    },
    onFailed: (_url, error) => expect.fail(String(error)),
  });
}

function changing(endpoints: readonly Endpoint[]) {
  let listener: (next: readonly Endpoint[]) => void = () => undefined;
  return {
    endpoints,
    onChange(next: typeof listener) {
      listener = next;
      return () => undefined;
    },
    close: () => undefined,
    become: (next: readonly Endpoint[]): void => listener(next),
  };
}

/** One after the other, as most services are called most of the time. */
async function many(count: number, stock: () => Promise<string>): Promise<string[]> {
  const answers: string[] = [];
  for (let i = 0; i < count; i += 1) {
    answers.push(await stock());
    await sleep(1);
  }
  return answers;
}
