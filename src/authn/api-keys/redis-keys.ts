/**
 * API keys in Redis, one hash of records by id, cached for `cacheMs`: in the second half of that an entry is refreshed
 * in the background, after it before it is used. While Redis is unavailable, cached keys stay valid for `keptMs`, and
 * other keys cannot be verified.
 */

import { LRUCache } from 'lru-cache';

import { keyId, keyRecordSchema, type KeyRecord } from '../../config/gateway/auth-api-keys.ts';
import type { Clock } from '../../shared/clock.ts';
import { StoreUnavailable } from '../../store/failures.ts';
import type { Store } from '../../store/store.ts';
import { authenticationUnavailable } from '../proof.ts';
import type { KeyLookup } from './api-keys.ts';
import { type KeyRepository, recordText } from './key-repository.ts';
import { toApiKey, type ApiKey } from './api-key.ts';

export interface RedisKeysOptions {
  readonly store: Store;
  readonly cacheMs: number;
  readonly keptMs: number;
  readonly entriesMax: number;
  readonly lookupsMax: number;
  readonly now: Clock;
  readonly onFailure: (reason: string) => void;
}

interface Entry {
  /** The record as stored in Redis. */
  readonly text: string;
  readonly key: ApiKey;
  checkedAtMs: number;
}

export class RedisKeys implements KeyLookup {
  readonly #options: RedisKeysOptions;
  readonly #entries: LRUCache<string, Entry>;
  /** Expiry by unknown id. Separate, so that guessing ids cannot evict keys in use. */
  readonly #misses: LRUCache<string, number>;
  readonly #inFlight = new Map<string, Promise<ApiKey | undefined>>();
  /** Lookups in flight for ids without an entry. */
  #uncachedLookups = 0;

  constructor(options: RedisKeysOptions) {
    this.#options = options;
    this.#entries = new LRUCache({ max: options.entriesMax });
    this.#misses = new LRUCache({ max: options.entriesMax });
  }

  find(id: string): ApiKey | undefined | Promise<ApiKey | undefined> {
    const { cacheMs, now } = this.#options;
    const entry = this.#entries.get(id);
    const nowMs = now();
    if (entry) {
      const ageMs = nowMs - entry.checkedAtMs;
      if (ageMs < cacheMs) {
        // The refreshed entry is for later requests.
        if (ageMs > cacheMs / 2) this.#lookUp(id, entry).catch(() => {});
        return entry.key;
      }
    } else if ((this.#misses.get(id) ?? 0) > nowMs) return undefined;
    return this.#lookUp(id, entry);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #lookUp(id: string, entry: Entry | undefined): Promise<ApiKey | undefined> {
    const pending = this.#inFlight.get(id);
    if (pending) return pending;
    // Only lookups without an entry are limited. Otherwise guessing ids could block the refresh of a cached key, which
    // would stay valid after its revocation.
    if (!entry && this.#uncachedLookups >= this.#options.lookupsMax)
      return Promise.reject(authenticationUnavailable('too many unknown API keys are being looked up'));
    const uncached = entry ? 0 : 1;
    this.#uncachedLookups += uncached;
    const lookup = this.#fetch(id, entry).finally(() => {
      this.#inFlight.delete(id);
      this.#uncachedLookups -= uncached;
    });
    this.#inFlight.set(id, lookup);
    return lookup;
  }

  async #fetch(id: string, entry: Entry | undefined): Promise<ApiKey | undefined> {
    const { store, cacheMs, now, onFailure } = this.#options;
    const startedAtMs = now();
    let text: string | null;
    try {
      text = await store.run((redis) => redis.hget(hashOf(store), id), hashOf(store));
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      return this.#staleKey(entry, error.message);
    }
    if (entry && entry.text === text) {
      entry.checkedAtMs = startedAtMs;
      return entry.key;
    }
    const record = text === null ? undefined : parseRecord(text, id);
    if (text === null || !record) {
      if (text !== null) onFailure(`the record of API key ${id} in Redis cannot be read`);
      this.#entries.delete(id);
      this.#misses.set(id, startedAtMs + cacheMs);
      return undefined;
    }
    const key = toApiKey(record);
    this.#misses.delete(id);
    this.#entries.set(id, { text, key, checkedAtMs: startedAtMs });
    return key;
  }

  /** @throws {GatewayError} `AUTHENTICATION_UNAVAILABLE` */
  #staleKey(entry: Entry | undefined, reason: string): ApiKey {
    const { keptMs, now } = this.#options;
    if (entry && now() - entry.checkedAtMs < keptMs) return entry.key;
    throw authenticationUnavailable(reason);
  }
}

const pageSize = 500;
/** Checks all, then writes all. KEYS: the hash; ARGV: id, `before` (empty: must not exist) and `after` of each edit. */
const writeScript = `
for i = 1, #ARGV, 3 do
  if (redis.call('HGET', KEYS[1], ARGV[i]) or '') ~= ARGV[i + 1] then return 0 end
end
for i = 1, #ARGV, 3 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2]) end
return 1`;

export function redisKeyRepository(store: Store): KeyRepository {
  return {
    async read() {
      const records = new Map<string, KeyRecord>();
      let cursor = '0';
      do {
        const start = cursor;
        const [next, pairs] = await store.run(
          (redis) => redis.hscan(hashOf(store), start, 'COUNT', pageSize),
          hashOf(store),
        );
        for (let i = 0; i < pairs.length; i += 2) {
          const record = parseRecord(pairs[i + 1] ?? '', pairs[i] ?? '');
          if (record) records.set(record.id, record);
        }
        cursor = next;
      } while (cursor !== '0');
      return records;
    },
    async lastUsed() {
      const times = await store.run((redis) => redis.hgetall(usedHashOf(store)), usedHashOf(store));
      return new Map(Object.entries(times).map(([id, at]) => [id, Number(at)]));
    },
    async write(edits) {
      const values = edits.flatMap(({ before, after }) => [
        after.id,
        before === null ? '' : recordText(before),
        recordText(after),
      ]);
      const written = await store.run(
        (redis) => redis.eval(writeScript, 1, hashOf(store), ...values),
        hashOf(store),
      );
      return written === 1;
    },
    close: () => store.close(),
  };
}

export async function writeLastUsed(
  store: Store,
  used: ReadonlyMap<string, number>,
): Promise<readonly string[]> {
  const entries = [...used];
  for (let i = 0; i < entries.length; i += pageSize)
    await store.run(
      (redis) => redis.hset(usedHashOf(store), new Map(entries.slice(i, i + pageSize))),
      usedHashOf(store),
    );
  return [...used.keys()];
}

function hashOf(store: Store): string {
  return store.key('api-keys');
}

function usedHashOf(store: Store): string {
  return store.key('api-keys:used');
}

/** @returns Undefined if the text is not a record of this id. */
function parseRecord(text: string, id: string): KeyRecord | undefined {
  if (!keyId.safeParse(id).success) return undefined;
  try {
    const result = keyRecordSchema.safeParse(JSON.parse(text));
    return result.success && result.data.id === id ? result.data : undefined;
  } catch {
    return undefined;
  }
}
