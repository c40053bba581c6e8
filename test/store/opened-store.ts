/** A store for tests, and what happens to it, in words. */

import { onTestFinished } from 'vitest';

import { redisSchema } from '../../src/config/gateway/redis.ts';
import { Events } from '../../src/shared/events.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';

export interface Opened {
  readonly store: Store;
  /** `connected` or `lost` with address and reason; `redis`, the server of a cluster and the state of its breaker. */
  readonly changes: string[];
}

/** Where it is not the waiting that is tested: a busy machine is no lost Redis. */
const patient = { commandTimeoutMs: 2000, startTimeoutMs: 10_000 };
/** Where a start fails, which takes as long: time enough for the reason to be there. */
export const failingStart = { startTimeoutMs: 3000 };

/** Call it within a test, at whose end it is closed. */
export async function opened(settings: object): Promise<Opened> {
  const events = new Events();
  const changes: string[] = [];
  events.on('storeChanged', ({ address, state, reason }) => changes.push(`${state} ${address} ${reason}`));
  events.on('breakerChanged', ({ service, replica, to }) =>
    changes.push([service, replica, to].filter((part) => part !== null).join(' ')),
  );
  const store = await openStore(redisSchema.parse({ ...patient, ...settings }), events);
  onTestFinished(() => store.close());
  return { store, changes };
}

export interface Attempt {
  /** `ok` or the message of the error. */
  readonly result: string;
  readonly tookMs: number;
}

/** Writes a key. */
export async function attempt(store: Store, name: string): Promise<Attempt> {
  const key = store.key(name);
  const startedAtMs = performance.now();
  const result = await store
    .run((redis) => redis.incr(key), key)
    .then(
      () => 'ok',
      (error: unknown) => (error as Error).message,
    );
  return { result, tookMs: performance.now() - startedAtMs };
}

/** Writes keys one after the other until one is written. @returns How long that took, in milliseconds. */
export async function timeUntilWritten(store: Store, name: string, maxMs = 15_000): Promise<number> {
  const startedAtMs = performance.now();
  for (;;) {
    const { result } = await attempt(store, name);
    const tookMs = performance.now() - startedAtMs;
    if (result === 'ok') return tookMs;
    if (tookMs > maxMs) throw new Error(`not written for ${tookMs} ms: ${result}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
