/** Opens the shared store from the configuration. */

import type { RedisConfig } from '../config/gateway/redis.ts';
import { monotonicClock } from '../shared/clock.ts';
import type { Events } from '../shared/events.ts';
import { connectRedis } from './connect.ts';
import { createStore, type Store } from './store.ts';

/** @throws {GatewayError} `CONFIG_INVALID`, but not if Redis is unavailable. */
export async function openStore(config: RedisConfig, events: Events): Promise<Store> {
  const { keyPrefix, commandTimeoutMs } = config;
  const connection = await connectRedis(config, {
    random: Math.random,
    now: monotonicClock,
    onChange: (change) => events.emit('storeChanged', change),
  });
  return createStore({
    connection,
    keyPrefix,
    commandTimeoutMs,
    now: monotonicClock,
    random: Math.random,
    onBreaker: (change, server) =>
      events.emit('breakerChanged', { service: 'redis', replica: server, ...change }),
  });
}
