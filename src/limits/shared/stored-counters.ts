/** The counters of a client as they are in Redis, for operators: to list them, and to begin anew. */

import { StoreUnavailable } from '../../store/failures.ts';
import type { Commands, Store } from '../../store/store.ts';
import { parseCounterName } from '../counters/counter-name.ts';
import { resetsKey } from './redis-store.ts';

export interface StoredCounter {
  readonly policy: string;
  /** Digest of the values that the policy counts by. */
  readonly key: string;
  readonly algorithm: 'window' | 'gcra';
  readonly windowMs: number;
  /** Units, rounded up. */
  readonly used: number;
  /** Until none of them counts any more. */
  readonly resetMs: number;
}

export interface SearchOptions {
  /** Of the client: see `LimitCheck`. */
  readonly owner: string;
  /** More are not looked for. Default 10,000. */
  readonly countersMax?: number;
  /** Keys of Redis that have been looked at. */
  readonly onProgress?: (keys: number) => void;
}

const keysPerCall = 1000;
const bucketsCounted = 11;
/** Bytes of one bucket by the length of the value, of which 8 are the index. */
const bucketBytes = new Map([
  [19, 1],
  [30, 2],
  [41, 3],
  [52, 4],
]);

/** @throws {StoreUnavailable} If Redis is unavailable. */
export async function listCounters(store: Store, options: SearchOptions): Promise<StoredCounter[]> {
  const counters: StoredCounter[] = [];
  await search(store, options, async (master, names) => {
    const [seconds = 0, microseconds = 0] = (await store.run(() => master.time())).map(Number);
    const nowUs = seconds * 1_000_000 + microseconds;
    for (const name of names) {
      const counter = await readCounter(store, name, { master, nowUs });
      if (counter) counters.push(counter);
    }
  });
  return counters;
}

/**
 * Deletes the counters; processes of the gateway forget within 2 s what they know to be refused.
 *
 * @returns How many there were.
 * @throws {StoreUnavailable} If Redis is unavailable.
 */
export async function deleteCounters(store: Store, options: SearchOptions): Promise<number> {
  let deleted = 0;
  await search(store, options, async (_, names) => {
    // One by one: in a cluster each is in a slot of its own.
    for (const name of names) deleted += await store.run((redis) => redis.unlink(name), name);
  });
  const key = resetsKey(store);
  await store.run((redis) => redis.incr(key), key);
  return deleted;
}

async function search(
  store: Store,
  { owner, countersMax = 10_000, onProgress }: SearchOptions,
  found: (master: Commands, names: readonly string[]) => Promise<void>,
): Promise<void> {
  const pattern = store.key(`rl:{*}:*:${owner}:*`);
  let left = countersMax;
  let keys = 0;
  const masters = store.masters();
  if (masters.length === 0) throw new StoreUnavailable('no node of the cluster has been found');
  for (const master of masters) {
    let cursor = '0';
    do {
      const at = cursor;
      const [next, names] = await store.run(() => master.scan(at, 'MATCH', pattern, 'COUNT', keysPerCall));
      cursor = next;
      keys += keysPerCall;
      const own = names.filter((name) => nameOf(store, name)?.owner === owner).slice(0, left);
      left -= own.length;
      if (own.length > 0) await found(master, own);
      onProgress?.(keys);
    } while (cursor !== '0' && left > 0);
  }
}

async function readCounter(
  store: Store,
  name: string,
  { master, nowUs }: { readonly master: Commands; readonly nowUs: number },
): Promise<StoredCounter | undefined> {
  const parsed = nameOf(store, name);
  const [value, resetMs] = await Promise.all([
    store.run(() => master.getBuffer(name)),
    store.run(() => master.pttl(name)),
  ]);
  // It may have expired in between.
  if (!parsed || !value || resetMs <= 0) return undefined;
  const { policy, key, algorithm, windowMs } = parsed;
  const used =
    algorithm === 'window'
      ? usedInWindow(value, Math.floor(nowUs / (windowMs * 100)))
      : usedOfGcra(value, { windowMs, nowUs, resetMs });
  return { policy, key, algorithm, windowMs, used, resetMs };
}

function nameOf(store: Store, name: string): ReturnType<typeof parseCounterName> {
  return parseCounterName(name.slice(store.key('').length));
}

function usedInWindow(value: Buffer, currentIndex: number): number {
  const bytes = bucketBytes.get(value.length);
  if (bytes === undefined) return 0;
  const newest = value.readDoubleLE(0);
  let used = 0;
  for (let index = newest; index > newest - bucketsCounted; index -= 1) {
    if (index > currentIndex - bucketsCounted)
      used += value.readUIntLE(8 + (index % bucketsCounted) * bytes, bytes);
  }
  return used;
}

/** Its limit is not known, but it expires when the last part of a unit has flowed off. */
function usedOfGcra(
  value: Buffer,
  { windowMs, nowUs, resetMs }: { windowMs: number; nowUs: number; resetMs: number },
): number {
  if (value.length !== 16) return 0;
  const elapsedMs = Math.max(0, (nowUs - value.readDoubleLE(0)) / 1000);
  const level = value.readDoubleLE(8) * (resetMs / (resetMs + elapsedMs));
  return Math.ceil(level / (windowMs * 1000));
}
