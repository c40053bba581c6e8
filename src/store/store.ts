/**
 * State shared between processes, in Redis. While Redis is unavailable a command fails within `commandTimeoutMs`, or at
 * once without a connection or while the circuit breaker is open; callers decide what applies without the store.
 *
 *     run ── no connection? ── breaker open? ── command ── result
 *                 └────────────────┴───────────────┴───> StoreUnavailable
 */

import type { RedisCommander } from 'ioredis';

import { Breaker, noPermit, type BreakerChange } from '../resilience/breaker.ts';
import type { Clock } from '../shared/clock.ts';
import { outcomeOf, reasonOf, StoreUnavailable } from './failures.ts';

export type Commands = RedisCommander;

export interface Store {
  /** Adds the configured prefix to the name of a Redis key. */
  key(name: string): string;
  /**
   * @throws {StoreUnavailable} If Redis is unavailable.
   * @throws {Error} The error of Redis about an invalid command.
   */
  run<Result>(command: (redis: Commands) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** A connection that reconnects by itself. */
export interface Connection {
  readonly commands: Commands;
  readonly isReady: () => boolean;
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly connection: Connection;
  readonly keyPrefix: string;
  /** A command that takes this long has failed. */
  readonly commandTimeoutMs: number;
  readonly now: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly onBreaker: (change: BreakerChange) => void;
}

/** Opens early and half-opens soon: callers can do without Redis, and a trial command is cheap. */
const breakerOptions = {
  mode: 'auto',
  minimumCalls: 5,
  failureRatePercent: 50,
  slowRatePercent: 100,
  connectErrorsMax: 3,
  openMs: 250,
  openMaxMs: 1000,
  openJitterPercent: 20,
  halfOpenPermits: 1,
} as const;

export function createStore(options: StoreOptions): Store {
  const { connection, keyPrefix, commandTimeoutMs, now, random, onBreaker } = options;
  const breaker = new Breaker(
    { ...breakerOptions, slowMs: commandTimeoutMs },
    { random, onChange: onBreaker },
  );
  return {
    key: (name) => `${keyPrefix}${name}`,
    async run(command) {
      if (!connection.isReady()) throw new StoreUnavailable('there is no connection to Redis');
      const sentAtMs = now();
      const permit = breaker.enter(sentAtMs);
      if (permit === noPermit)
        throw new StoreUnavailable('Redis has just failed; the circuit breaker is open');
      try {
        const result = await command(connection.commands);
        breaker.leave(permit, { outcome: 'answered', sentAtMs, endedAtMs: now() });
        return result;
      } catch (error) {
        const outcome = outcomeOf(error);
        breaker.leave(permit, { outcome, sentAtMs, endedAtMs: now() });
        throw outcome === 'answered' ? error : new StoreUnavailable(reasonOf(error));
      }
    },
    close: () => connection.close(),
  };
}
