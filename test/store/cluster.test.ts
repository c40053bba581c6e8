/** The shared store before a Redis Cluster of six nodes: a cold start, a shard that fails over, TLS and accounts. */
import { beforeAll, afterAll, describe, expect, it, onTestFinished } from 'vitest';

import { openFaultProxy } from '../faults/proxy/fault-proxy.ts';
import type { Store } from '../../src/store/store.ts';
import { makeAuthority } from '../support/certificates.ts';
import { ownRedis } from '../support/own-redis.ts';
import { writeCertificates } from '../support/redis-certificates.ts';
import { startRedisCluster, type ClusterOptions, type RedisCluster } from '../support/redis-cluster.ts';
import { attempt, failingStart, opened, timeUntilWritten, type Attempt } from './opened-store.ts';

async function ownCluster(options: ClusterOptions = {}): Promise<RedisCluster> {
  const cluster = await startRedisCluster(options);
  onTestFinished(() => cluster.close());
  return cluster;
}

/** A name of a key for each shard. */
async function namesByShard(cluster: RedisCluster): Promise<[string, string, string]> {
  const names: string[] = [];
  for (let i = 0; i < 100; i += 1) names[await cluster.shardOf(`tributary:k${i}`)] ??= `k${i}`;
  const [first = '', second = '', third = ''] = names;
  return [first, second, third];
}

const isOk = ({ result }: Attempt): boolean => result === 'ok';

it('is asked through any of its nodes', async () => {
  const redis = await ownRedis(['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']);
  await redis.tell('CLUSTER ADDSLOTSRANGE 0 16383');
  await expect.poll(() => redis.tell('CLUSTER INFO')).toContain('cluster_state:ok');
  const { store, changes } = await opened({ cluster: [redis.url], keyPrefix: 'c:' });
  const key = store.key('h');
  await store.run((commands) => commands.hset(key, 'f', '1'), key);
  expect(await store.run((commands) => commands.hgetall(key), key)).toEqual({ f: '1' });
  expect(changes).toEqual([`connected ${redis.url} `]);
  await redis.kill();
  await expect.poll(async () => isOk(await attempt(store, 'h'))).toBe(false);
});

it('is connected to across a network on which connecting takes longer than a command may', async () => {
  const redis = await ownRedis(['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']);
  const proxy = await openFaultProxy({ port: redis.port });
  onTestFinished(() => proxy.close());
  await redis.tell(`CONFIG SET cluster-announce-port ${proxy.port}`);
  await redis.tell('CLUSTER ADDSLOTSRANGE 0 16383');
  await expect.poll(() => redis.tell('CLUSTER INFO')).toContain('cluster_state:ok');
  await proxy.set({ kind: 'latency', ms: 60 }, { kind: 'latency', ms: 60, direction: 'request' });
  const { store } = await opened({ cluster: [`redis://127.0.0.1:${proxy.port}`], commandTimeoutMs: 200 });
  expect(await attempt(store, 'a')).toMatchObject({ result: 'ok' });
});

describe('a cluster in which nothing fails', () => {
  let cluster: RedisCluster;
  beforeAll(async () => (cluster = await startRedisCluster()));
  afterAll(() => cluster.close());

  it('takes 400 commands at once from a process that has just started', async () => {
    const { store, changes } = await opened({ cluster: cluster.urls.slice(0, 2) });
    const attempts = await Promise.all(Array.from({ length: 400 }, (_, i) => attempt(store, `cold${i}`)));
    expect(attempts.filter((one) => !isOk(one))).toEqual([]);
    expect(changes).toHaveLength(1);
  });

  it('follows CLUSTER FAILOVER', async () => {
    const { store } = await opened({ cluster: cluster.urls });
    const [name] = await namesByShard(cluster);
    await timeUntilWritten(store, name);
    await cluster.failOver(0, 'command');
    expect(await timeUntilWritten(store, name)).toBeLessThan(2000);
    expect(await cluster.shards[0]?.master.tell(`GET tributary:${name}`)).toContain('2');
  });
});

describe('a shard whose master fails', () => {
  it('by dying costs the others nothing and is back within 2 s of the promotion', async () => {
    const cluster = await ownCluster({ args: () => ['--cluster-require-full-coverage', 'no'] });
    const { store } = await opened({ cluster: cluster.urls, commandTimeoutMs: 1000 });
    const [dying, ...others] = await namesByShard(cluster);
    await Promise.all([dying, ...others].map((name) => timeUntilWritten(store, name)));
    const load = startLoad(store, [dying, ...others]);
    await cluster.failOver(0, 'kill');
    expect(await timeUntilWritten(store, dying)).toBeLessThan(2000);
    const attempts = await load.stop();
    expect(attempts.get(dying)?.filter((one) => !isOk(one)).length).toBeGreaterThan(0);
    for (const name of others) expect(attempts.get(name)?.filter((one) => !isOk(one))).toEqual([]);
  });

  it('by freezing has at most 8 commands wait for their time-out, and its successor is found', async () => {
    const cluster = await ownCluster({ args: () => ['--cluster-require-full-coverage', 'no'] });
    const { store, changes } = await opened({ cluster: cluster.urls, commandTimeoutMs: 50 });
    const names = await namesByShard(cluster);
    await Promise.all(names.map((name) => timeUntilWritten(store, name)));
    const load = startLoad(store, names);
    await cluster.failOver(0, 'stop');
    expect(await timeUntilWritten(store, names[0])).toBeLessThan(2000);
    const attempts = await load.stop();
    const waited = attempts.get(names[0])?.filter(({ tookMs }) => tookMs >= 45).length ?? 0;
    expect(waited).toBeGreaterThan(0);
    // As many as open its breaker, and a trial or two until the connection is given up.
    expect(waited).toBeLessThanOrEqual(12);
    expect(changes.filter((line) => line.endsWith(' open')).length).toBeGreaterThan(0);
  });

  it('and has no replica left takes the whole cluster down until it is back, at no cost in time', async () => {
    const cluster = await ownCluster();
    const { store } = await opened({ cluster: cluster.urls });
    const names = await namesByShard(cluster);
    await Promise.all(names.map((name) => timeUntilWritten(store, name)));
    const [shard] = cluster.shards;
    await shard?.replica.kill();
    await shard?.master.kill();
    await expect
      .poll(async () => (await attempt(store, names[1])).result)
      .toMatch(/CLUSTERDOWN|circuit breaker is open/);
    await shard?.master.start();
    for (const name of names) await timeUntilWritten(store, name);
  });
});

describe('TLS and accounts', () => {
  it('nodes are believed by the names of their certificates, and the account holds for all of them', async () => {
    const files = await writeCertificates(makeAuthority(), ['DNS:localhost']);
    onTestFinished(() => files.remove());
    const cluster = await ownCluster({
      args: (port) => [
        ...files.args,
        ...['--tls-port', String(port), '--tls-cluster', 'yes', '--tls-replication', 'yes'],
        ...['--cluster-announce-hostname', 'localhost', '--cluster-preferred-endpoint-type', 'hostname'],
        ...[
          '--user',
          ...'gateway on >s3cret ~tributary:* +info +cluster|slots +cluster|info +incr'.split(' '),
        ],
      ],
    });
    const urls = cluster.shards.map(({ master }) => `rediss://localhost:${master.port}`);
    const account = { username: 'gateway', password: 's3cret' };
    const { store } = await opened({ cluster: urls, caFile: files.caPath, ...account });
    for (const name of await namesByShard(cluster)) {
      expect(await attempt(store, name)).toMatchObject({ result: 'ok' });
    }
    for (const { master } of cluster.shards)
      expect(await master.tell('CLIENT LIST')).toContain('user=gateway');
    const inUrl = urls.map((url) => url.replace('//', '//gateway:wr0ng@'));
    const { changes } = await opened({ cluster: inUrl, caFile: files.caPath, ...failingStart });
    expect(changes[0]).toMatch(/^lost .*WRONGPASS/);
    expect(changes[0]).not.toContain('wr0ng');
  });
});

interface Load {
  /** @returns By name. */
  stop(): Promise<ReadonlyMap<string, readonly Attempt[]>>;
}

/** One command after the other for each name. */
function startLoad(store: Store, names: readonly string[]): Load {
  let isOver = false;
  const attempts = new Map<string, Attempt[]>();
  const workers = names.map(async (name) => {
    const own: Attempt[] = [];
    attempts.set(name, own);
    while (!isOver) {
      own.push(await attempt(store, name));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
  onTestFinished(() => void (isOver = true));
  return {
    async stop() {
      isOver = true;
      await Promise.all(workers);
      return attempts;
    },
  };
}
