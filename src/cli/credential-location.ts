/** Where a command finds API keys or revocations: a file, Redis, or the location that gateway.yaml configures. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { RedisConfig } from '../config/gateway/redis.ts';
import type { Store } from '../store/store.ts';
import { CommandFailed, flagText, UsageError, type Flags, type FlagValues } from './arguments.ts';

export const locationFlags = {
  file: { type: 'string' },
  redis: { type: 'string' },
  config: { type: 'string' },
} as const satisfies Flags;

export type CredentialLocation = ({ readonly file: string } | { readonly redis: RedisConfig }) & {
  /** From gateway.yaml. */
  readonly entriesMax?: number | undefined;
};

/** The part of gateway.yaml that holds the location. */
export interface ConfigEntry {
  /** Its path, for messages: `auth.apiKeys`. */
  readonly key: string;
  /** undefined if gateway.yaml does not have it. */
  readonly read: (
    config: GatewayConfig,
  ) => { readonly file?: string | undefined; readonly entriesMax?: number } | undefined;
}

/** Longer than for a request: a person is waiting. */
const storeTimeouts = { commandTimeoutMs: 2000, connectTimeoutMs: 2000, startTimeoutMs: 1000 };

/**
 * @throws {UsageError} Unless the flags name exactly one location.
 * @throws {CommandFailed} If gateway.yaml names none.
 */
export async function readLocation(
  flags: FlagValues,
  { key, read }: ConfigEntry,
): Promise<CredentialLocation> {
  const [file, redis, configPath] = [
    flagText(flags['file']),
    flagText(flags['redis']),
    flagText(flags['config']),
  ];
  const locations = [file, redis, configPath].filter((location) => location !== undefined);
  if (locations.length !== 1 || locations[0] === '')
    throw new UsageError('exactly one of --config FILE, --file FILE and --redis URL is required');
  if (file !== undefined) return { file };
  if (redis !== undefined) return { redis: await parseRedis(redis) };
  const { loadGatewayConfig } = await import('../config/gateway/gateway-config.ts');
  const config = await loadGatewayConfig(configPath);
  const settings = read(config);
  const entriesMax = settings?.entriesMax;
  if (settings?.file !== undefined) return { file: settings.file, entriesMax };
  if (settings && config.redis) return { redis: config.redis, entriesMax };
  throw new CommandFailed(
    settings
      ? `${configPath}: neither ${key}.file nor redis is configured: add one of them`
      : `${configPath}: ${key} is not configured: add it, or use --file or --redis`,
  );
}

/** @throws {CommandFailed} If Redis is unavailable. */
export async function withStore<Result>(
  redis: RedisConfig,
  work: (store: Store) => Promise<Result>,
): Promise<Result> {
  const [{ openStore }, { StoreUnavailable }, { addressText }, { Events }] = await Promise.all([
    import('../store/open-store.ts'),
    import('../store/failures.ts'),
    import('../store/addresses.ts'),
    import('../shared/events.ts'),
  ]);
  const events = new Events();
  let lostReason = '';
  events.on('storeChanged', ({ state, reason }) => (lostReason = state === 'lost' ? reason : ''));
  const store = await openStore({ ...redis, ...storeTimeouts }, events);
  try {
    return await work(store);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    const reason = lostReason === '' ? error.message : lostReason;
    throw new CommandFailed(`Redis at ${addressText(redis)} is unavailable: ${reason}`);
  } finally {
    await store.close();
  }
}

/** @throws {UsageError} */
export async function parseRedis(url: string): Promise<RedisConfig> {
  const { redisSchema } = await import('../config/gateway/redis.ts');
  const result = redisSchema.safeParse({ url });
  if (result.success) return result.data;
  // Without the URL itself, which may hold a password.
  throw new UsageError('--redis must be redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH');
}

/** Reports failures whose message tells the user what to do; anything else is a defect. */
export async function withFailures(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Error && ['KeyError', 'RevocationError', 'FileNotChanged'].includes(error.name))
      throw new CommandFailed(error.message);
    throw error;
  }
}
