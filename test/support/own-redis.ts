/** A Redis that one test may stop, kill and start again; `redis.ts` has the one that all share. */

import { onTestFinished } from 'vitest';

import { startRedisNode, type RedisNode } from './redis-node.ts';

/** Call it within a test, at whose end it is closed. @param args Of redis-server. */
export async function ownRedis(args: readonly string[] = []): Promise<RedisNode> {
  const node = await startRedisNode({ args });
  onTestFinished(() => node.close());
  return node;
}
