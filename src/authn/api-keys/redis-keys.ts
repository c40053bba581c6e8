/**
 * Keys in Redis, one hash of records by id. What is known of a key holds for `cacheMs`: half of that at once, then at
 * once with a question behind it, and after it not without an answer. Without Redis, keys that were known go on for
 * `keptMs`; of others nobody can say anything.
 */

import { LRUCache } from 'lru-cache';

import { keyId, keyRecordSchema, type KeyRecord } from '../../config/gateway/auth-api-keys.ts';
import type { Clock } from '../../shared/clock.ts';
import { StoreUnavailable } from '../../store/failures.ts';
import type { Store } from '../../store/store.ts';
import { unavailable } from '../proof.ts';
import type { KeyLookup } from './api-keys.ts';
import { type KeyBook, recordText } from './key-book.ts';
import { knownKey, type KnownKey } from './known-key.ts';

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
  /** As Redis has it. */
  readonly text: string;
  readonly key: KnownKey;
  checkedAtMs: number;
}

export class RedisKeys implements KeyLookup {
  readonly #options: RedisKeysOptions;
  readonly #known: LRUCache<string, Entry>;
  /** Apart, so that whoever tries ids cannot push out those that are used. Until when, by id. */
  readonly #unknown: LRUCache<string, number>;
  readonly #underWay = new Map<string, Promise<KnownKey | undefined>>();
  /** Of those, ids that are not known. */
  #strangers = 0;

  constructor(options: RedisKeysOptions) {
    this.#options = options;
    this.#known = new LRUCache({ max: options.entriesMax });
    this.#unknown = new LRUCache({ max: options.entriesMax });
  }

  find(id: string): KnownKey | undefined | Promise<KnownKey | undefined> {
    const { cacheMs, now } = this.#options;
    const entry = this.#known.get(id);
    const nowMs = now();
    if (entry) {
      const ageMs = nowMs - entry.checkedAtMs;
      if (ageMs < cacheMs) {
        // Whatever comes of it is for the next request.
        if (ageMs > cacheMs / 2) this.#ask(id, entry).catch(() => {});
        return entry.key;
      }
    } else if ((this.#unknown.get(id) ?? 0) > nowMs) return undefined;
    return this.#ask(id, entry);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #ask(id: string, entry: Entry | undefined): Promise<KnownKey | undefined> {
    const asked = this.#underWay.get(id);
    if (asked) return asked;
    // Known ids are as many as there are keys. The others must not keep those from being asked for: a key that is
    // revoked would go on for as long as somebody makes up ids.
    if (!entry && this.#strangers >= this.#options.lookupsMax)
      return Promise.reject(unavailable('too many unknown API keys are being looked up'));
    const stranger = entry ? 0 : 1;
    this.#strangers += stranger;
    const answer = this.#look(id, entry).finally(() => {
      this.#underWay.delete(id);
      this.#strangers -= stranger;
    });
    this.#underWay.set(id, answer);
    return answer;
  }

  async #look(id: string, entry: Entry | undefined): Promise<KnownKey | undefined> {
    const { store, cacheMs, now, onFailure } = this.#options;
    const askedAtMs = now();
    let text: string | null;
    try {
      text = await store.run((redis) => redis.hget(hashOf(store), id));
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      return this.#without(entry, error.message);
    }
    if (entry && entry.text === text) {
      entry.checkedAtMs = askedAtMs;
      return entry.key;
    }
    const record = text === null ? undefined : parseRecord(text, id);
    if (text === null || !record) {
      if (text !== null) onFailure(`the record of API key ${id} in Redis cannot be read`);
      this.#known.delete(id);
      this.#unknown.set(id, askedAtMs + cacheMs);
      return undefined;
    }
    const key = knownKey(record);
    this.#unknown.delete(id);
    this.#known.set(id, { text, key, checkedAtMs: askedAtMs });
    return key;
  }

  /** @throws {GatewayError} `AUTHENTICATION_UNAVAILABLE` */
  #without(entry: Entry | undefined, reason: string): KnownKey {
    const { keptMs, now } = this.#options;
    if (entry && now() - entry.checkedAtMs < keptMs) return entry.key;
    throw unavailable(reason);
  }
}

const pageSize = 500;
/** Checks all, then writes all: KEYS the hash; ARGV id, before (empty: none) and after of each. */
const writeScript = `
for i = 1, #ARGV, 3 do
  if (redis.call('HGET', KEYS[1], ARGV[i]) or '') ~= ARGV[i + 1] then return 0 end
end
for i = 1, #ARGV, 3 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2]) end
return 1`;

export function redisKeyBook(store: Store): KeyBook {
  return {
    async read() {
      const records = new Map<string, KeyRecord>();
      let cursor = '0';
      do {
        const from = cursor;
        const [next, pairs] = await store.run((redis) => redis.hscan(hashOf(store), from, 'COUNT', pageSize));
        for (let i = 0; i < pairs.length; i += 2) {
          const record = parseRecord(pairs[i + 1] ?? '', pairs[i] ?? '');
          if (record) records.set(record.id, record);
        }
        cursor = next;
      } while (cursor !== '0');
      return records;
    },
    async lastUsed() {
      const times = await store.run((redis) => redis.hgetall(usedHashOf(store)));
      return new Map(Object.entries(times).map(([id, at]) => [id, Number(at)]));
    },
    async write(edits) {
      const values = edits.flatMap(({ before, after }) => [
        after.id,
        before === null ? '' : recordText(before),
        recordText(after),
      ]);
      const written = await store.run((redis) => redis.eval(writeScript, 1, hashOf(store), ...values));
      return written === 1;
    },
    close: () => store.close(),
  };
}

export async function writeUsed(store: Store, used: ReadonlyMap<string, number>): Promise<readonly string[]> {
  const entries = [...used];
  for (let i = 0; i < entries.length; i += pageSize)
    await store.run((redis) => redis.hset(usedHashOf(store), new Map(entries.slice(i, i + pageSize))));
  return [...used.keys()];
}

function hashOf(store: Store): string {
  return store.key('api-keys');
}

function usedHashOf(store: Store): string {
  return store.key('api-keys:used');
}

/** @returns undefined for anything that is not the record of that id. */
function parseRecord(text: string, id: string): KeyRecord | undefined {
  if (!keyId.safeParse(id).success) return undefined;
  try {
    const result = keyRecordSchema.safeParse(JSON.parse(text));
    return result.success && result.data.id === id ? result.data : undefined;
  } catch {
    return undefined;
  }
}
