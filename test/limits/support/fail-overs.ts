/** Fail-overs of a shard of a cluster, and by Sentinel. Call them within a test, at whose end all servers are closed. */

import { onTestFinished } from 'vitest';

import { startRedisCluster } from '../../support/redis-cluster.ts';
import { startSentinelSet, type SentinelOptions } from '../../support/redis-sentinel.ts';
import { keyOf, type Outage } from './outage.ts';

type How = 'kill' | 'stop' | 'command';

const common = { limitTimes: 1, losesLatest: true } as const;

/** All keys of `keyLike` are in the shard that fails over. */
export async function shardFailOver(how: How): Promise<Outage> {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster.close());
  return {
    ...common,
    redis: { cluster: cluster.urls },
    async keyLike(name) {
      for (let i = 0; ; i += 1) {
        const key = keyOf(`${name}${i}`);
        if ((await cluster.shardOf(key)) === 0) return key;
      }
    },
    happen: () => cluster.failOver(0, how),
    isNoticed: how !== 'command',
  };
}

interface SentinelOutage extends Outage {
  /** Done when the replica has what the master has now. */
  replicated(): Promise<void>;
}

export async function sentinelFailOver(how: How, options: SentinelOptions = {}): Promise<SentinelOutage> {
  const set = await startSentinelSet(options);
  onTestFinished(() => set.close());
  return {
    ...common,
    redis: { sentinel: { name: set.name, addresses: set.sentinels.map(({ url }) => url) } },
    keyLike: (name) => Promise.resolve(keyOf(name)),
    happen: () => set.failOver(how),
    replicated: () => set.replicated(),
    isNoticed: how !== 'command',
  };
}
