/** Limiters that share a Redis, as processes of a gateway have them. */

import { randomUUID } from 'node:crypto';

import { redisSchema } from '../../../src/config/gateway/redis.ts';
import type { Limiter } from '../../../src/limits/check.ts';
import { createLimiter } from '../../../src/limits/limiter.ts';
import { RedisStore } from '../../../src/limits/shared/redis-store.ts';
import type { LimiterState } from '../../../src/limits/shared/store-state.ts';
import { monotonicClock } from '../../../src/shared/clock.ts';
import { Events } from '../../../src/shared/events.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { Store } from '../../../src/store/store.ts';

export interface SharedLimits {
  readonly limiter: Limiter;
  readonly store: Store;
  /** States of the limiter, in the order they came. */
  readonly changes: LimiterState[];
  close(): Promise<void>;
}

export interface SharedLimitsOptions {
  readonly url: string;
  /** Default: a busy machine is no lost Redis. */
  readonly commandTimeoutMs?: number;
  /** How long to wait for the first connection. Default 10 000. */
  readonly startTimeoutMs?: number;
}

/** As one of four processes. */
export async function openSharedLimits({
  url,
  commandTimeoutMs = 10_000,
  startTimeoutMs = 10_000,
}: SharedLimitsOptions): Promise<SharedLimits> {
  const config = redisSchema.parse({ url, keyPrefix: 'limits-test:', commandTimeoutMs, startTimeoutMs });
  const store = await openStore(config, new Events());
  const changes: LimiterState[] = [];
  const limiter = createLimiter({
    keysMax: 10_000,
    blockedKeysMax: 10_000,
    now: monotonicClock,
    shared: {
      store: new RedisStore({ store, timeoutMs: commandTimeoutMs, processId: randomUUID() }),
      processes: 4,
      processesKeptMs: 300_000,
      onStateChange: (change) => changes.push(change),
    },
  });
  return {
    limiter,
    store,
    changes,
    async close() {
      await limiter.close();
      await store.close();
    },
  };
}
