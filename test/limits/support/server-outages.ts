/** Ways to lose one server. Call them within a test, at whose end it is closed. */

import { setTimeout as sleep } from 'node:timers/promises';

import { onTestFinished } from 'vitest';

import { openFaultProxy } from '../../faults/proxy/fault-proxy.ts';
import type { Toxic } from '../../faults/proxy/toxics.ts';
import { ownRedis } from '../../support/own-redis.ts';
import { freePort, type RedisNode } from '../../support/redis-node.ts';
import { keyOf, outageMs, type Outage } from './outage.ts';

const latencyMs = 200;

export const serverOutages: Readonly<Record<string, () => Promise<Outage>>> = {
  'stopped by SIGSTOP': () =>
    outageOf(
      async (redis) => redis.signal('SIGSTOP'),
      async (redis) => redis.signal('SIGCONT'),
    ),
  'killed by SIGKILL, and started again without its data': async () => ({
    ...(await outageOf(
      (redis) => redis.kill(),
      (redis) => redis.start(),
    )),
    limitTimes: 2,
  }),
  '200 ms away': () => behindProxy({ kind: 'latency', ms: latencyMs }),
  'out of memory': () => told('CONFIG SET maxmemory 1', 'CONFIG SET maxmemory 0'),
  'a replica, and so read-only': async () =>
    told(`REPLICAOF 127.0.0.1 ${await freePort()}`, 'REPLICAOF NO ONE'),
};

export const furtherServerOutages: typeof serverOutages = {
  'cut off, so that its connections stay open and nothing passes': () => behindProxy({ kind: 'blackhole' }),
  'without the replicas that it needs to write': () =>
    told('CONFIG SET min-replicas-to-write 1', 'CONFIG SET min-replicas-to-write 0'),
};

/** It loses all data and scripts, and nothing else: no request waits, and no process counts by itself. */
export async function flushed(): Promise<Outage> {
  const flush = async (redis: RedisNode): Promise<void> => {
    await tell(redis, 'SCRIPT FLUSH');
    await tell(redis, 'FLUSHALL');
  };
  return { ...(await outageOf(flush, () => Promise.resolve(), 0)), limitTimes: 2, isNoticed: false };
}

async function outageOf(
  begin: (redis: RedisNode) => Promise<void>,
  end: (redis: RedisNode) => Promise<void>,
  lastsMs = outageMs,
): Promise<Outage> {
  const redis = await ownRedis();
  return {
    redis: { url: redis.url },
    keyLike: (name) => Promise.resolve(keyOf(name)),
    limitTimes: 1,
    losesLatest: false,
    isNoticed: true,
    async happen() {
      await begin(redis);
      await sleep(lastsMs);
      await end(redis);
    },
  };
}

function told(begin: string, end: string): Promise<Outage> {
  return outageOf(
    (redis) => tell(redis, begin),
    (redis) => tell(redis, end),
  );
}

async function behindProxy(toxic: Toxic): Promise<Outage> {
  const { port } = await ownRedis();
  const proxy = await openFaultProxy({ port });
  onTestFinished(() => proxy.close());
  const outage = await outageOf(
    () => proxy.set(toxic),
    () => proxy.heal(),
  );
  return { ...outage, redis: { url: `redis://127.0.0.1:${proxy.port}` } };
}

async function tell(redis: RedisNode, command: string): Promise<void> {
  const reply = await redis.tell(command);
  if (!reply.startsWith('+OK')) throw new Error(`${command}: ${reply}`);
}
