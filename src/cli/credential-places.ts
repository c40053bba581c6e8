/** Where a command finds API keys or revocations: a file, a Redis, or what gateway.yaml says. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { RedisConfig } from '../config/gateway/redis.ts';
import type { Store } from '../store/store.ts';
import { CommandFailed, text, UsageError, type Flags } from './arguments.ts';

export const placeFlags = {
  file: { type: 'string' },
  redis: { type: 'string' },
  config: { type: 'string' },
} as const satisfies Flags;

export type Place = ({ readonly file: string } | { readonly redis: RedisConfig }) & {
  /** What gateway.yaml says. */
  readonly entriesMax?: number | undefined;
};

export interface Named {
  /** For messages: `auth.apiKeys`. */
  readonly key: string;
  /** undefined: gateway.yaml does not have it. */
  readonly of: (
    config: GatewayConfig,
  ) => { readonly file?: string | undefined; readonly entriesMax?: number } | undefined;
}

/** A person waits longer than a request. */
const patience = { commandTimeoutMs: 2000, connectTimeoutMs: 2000, startTimeoutMs: 1000 };

/** @throws {UsageError} Unless exactly one place is named. @throws {CommandFailed} Where gateway.yaml names none. */
export async function placeOf(
  flags: Readonly<Record<string, string | boolean | undefined>>,
  { key, of }: Named,
): Promise<Place> {
  const [file, redis, configPath] = [text(flags['file']), text(flags['redis']), text(flags['config'])];
  const given = [file, redis, configPath].filter((one) => one !== undefined);
  if (given.length !== 1 || given[0] === '')
    throw new UsageError('say where they are, by one of --config FILE, --file FILE and --redis URL');
  if (file !== undefined) return { file };
  if (redis !== undefined) return { redis: await redisOf(redis) };
  const { loadGatewayConfig } = await import('../config/gateway/gateway-config.ts');
  const config = await loadGatewayConfig(configPath);
  const found = of(config);
  const entriesMax = found?.entriesMax;
  if (found?.file !== undefined) return { file: found.file, entriesMax };
  if (found && config.redis) return { redis: config.redis, entriesMax };
  throw new CommandFailed(
    found
      ? `${configPath}: ${key} has no "file", and there is no "redis" either: add one of them`
      : `${configPath}: there is no ${key}: add it, or use --file or --redis`,
  );
}

/** @throws {CommandFailed} Where Redis cannot be used. */
export async function withStore<Result>(
  redis: RedisConfig,
  work: (store: Store) => Promise<Result>,
): Promise<Result> {
  const [{ openStore }, { StoreUnavailable }, { addressText }, { Events }] = await Promise.all([
    import('../store/open-store.ts'),
    import('../store/failures.ts'),
    import('../store/connect.ts'),
    import('../shared/events.ts'),
  ]);
  const events = new Events();
  let lost = '';
  events.on('storeChanged', ({ state, reason }) => (lost = state === 'lost' ? reason : ''));
  const store = await openStore({ ...redis, ...patience }, events);
  try {
    return await work(store);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    throw new CommandFailed(
      `Redis at ${addressText(redis)} cannot be used: ${lost === '' ? error.message : lost}`,
    );
  } finally {
    await store.close();
  }
}

/** @throws {UsageError} */
async function redisOf(url: string): Promise<RedisConfig> {
  const { redisSchema } = await import('../config/gateway/redis.ts');
  const result = redisSchema.safeParse({ url });
  if (result.success) return result.data;
  // It may hold a password.
  throw new UsageError('--redis must be redis://HOST:PORT, rediss://HOST:PORT or unix:///PATH');
}

/** What goes wrong with keys, tokens and files says what to do; anything else is a defect. */
export async function explained(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Error && ['KeyProblem', 'RevocationProblem', 'FileNotChanged'].includes(error.name))
      throw new CommandFailed(error.message);
    throw error;
  }
}
