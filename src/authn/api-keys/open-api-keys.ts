/** Builds API key verification from the configuration: where keys are looked up, and where their last use is stored. */

import type { ApiKeysConfig } from '../../config/gateway/auth-api-keys.ts';
import { monotonicClock } from '../../shared/clock.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Events } from '../../shared/events.ts';
import type { Store } from '../../store/store.ts';
import { createApiKeys, type KeyLookup, type ProveByKey } from './api-keys.ts';
import { openFileKeys, lastUsedPath, writeLastUsed as writeLastUsedToFile } from './file-keys.ts';
import { LastUsed } from './last-used.ts';
import { RedisKeys, writeLastUsed as writeLastUsedToRedis } from './redis-keys.ts';

export interface ApiKeys {
  readonly prove: ProveByKey;
  close(): Promise<void>;
}

/** Keys whose last use is not stored yet. */
const pendingMax = 50_000;

/** @throws {GatewayError} `CONFIG_INVALID` */
export async function openApiKeys(
  config: ApiKeysConfig,
  events: Events,
  store: Store | undefined,
): Promise<ApiKeys> {
  const { header, lastUsedMs } = config;
  const { lookup, write, place } = await openLookup(config, events, store);
  const lastUsed = new LastUsed({
    intervalMs: lastUsedMs,
    keysMax: pendingMax,
    random: Math.random,
    write,
    onFailure: (reason) => events.emit('authDataFailed', { what: 'last use of API keys', place, reason }),
  });
  const isRecorded = lastUsedMs > 0;
  return {
    prove: createApiKeys({
      header,
      lookup,
      wallClock: Date.now,
      onUsed: (id, nowMs) => isRecorded && lastUsed.note(id, nowMs),
    }),
    async close() {
      await lookup.close();
      await lastUsed.close();
    },
  };
}

interface KeySource {
  readonly lookup: KeyLookup;
  readonly write: (used: ReadonlyMap<string, number>) => Promise<readonly string[]>;
  readonly place: string;
}

async function openLookup(
  config: ApiKeysConfig,
  events: Events,
  store: Store | undefined,
): Promise<KeySource> {
  const { file, pollMs } = config;
  const place = file ?? 'redis';
  const onFailure = (reason: string): void =>
    events.emit('authDataFailed', { what: 'API keys', place, reason });
  if (file !== undefined) {
    const lookup = await openFileKeys({ path: file, pollMs, onFailure });
    const withdraw = events.readings.offer('apiKeyExpiry', () =>
      Array.from(lookup.firstExpiries(Date.now()), ([client, atMs]) => [atMs / 1000, client] as const),
    );
    return {
      lookup: {
        find: (id) => lookup.find(id),
        close() {
          withdraw();
          return lookup.close();
        },
      },
      write: (used) => writeLastUsedToFile(lastUsedPath(file), used),
      place,
    };
  }
  if (!store)
    throw new GatewayError(
      'CONFIG_INVALID',
      'auth.apiKeys: say where keys are stored: set "file", or "redis"',
    );
  const lookup = new RedisKeys({
    store,
    cacheMs: config.cacheSeconds * 1000,
    keptMs: config.keptSeconds * 1000,
    entriesMax: config.cachedKeysMax,
    lookupsMax: config.lookupsMax,
    now: monotonicClock,
    onFailure,
  });
  return { lookup, write: (used) => writeLastUsedToRedis(store, used), place };
}
