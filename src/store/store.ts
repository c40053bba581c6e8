/**
 * What several processes share, in Redis, with a declared behaviour when it is lost: a command fails at once or within
 * `commandTimeoutMs`, and after a few failures without being sent. What then holds is said by whoever asked.
 *
 *     run ── no connection? ── breaker open? ── command ── answered
 *                 └────────────────┴───────────────┴───> StoreUnavailable
 */

import type { RedisCommander } from 'ioredis';

import { Breaker, noPermit, type BreakerChange } from '../resilience/breaker.ts';
import type { Clock } from '../shared/clock.ts';
import { outcomeOf, reasonOf, StoreUnavailable } from './failures.ts';

export type Commands = RedisCommander;

export interface Store {
  /** The name in Redis of what this gateway calls `name`. */
  key(name: string): string;
  /**
   * @throws {StoreUnavailable} Where Redis is lost or cannot do it now.
   * @throws {Error} What Redis says of a command that is wrong.
   */
  run<Result>(command: (redis: Commands) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** A connection that repairs itself. */
export interface Connection {
  readonly commands: Commands;
  readonly isReady: () => boolean;
  close(): Promise<void>;
}

export interface StoreParts {
  readonly connection: Connection;
  readonly keyPrefix: string;
  /** A command this long has failed. */
  readonly commandTimeoutMs: number;
  readonly now: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly onBreaker: (change: BreakerChange) => void;
}

/** Opens early and looks again soon: whoever asks has something to do without Redis, and a try costs it little. */
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

export function createStore(parts: StoreParts): Store {
  const { connection, keyPrefix, commandTimeoutMs, now, random, onBreaker } = parts;
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
      if (permit === noPermit) throw new StoreUnavailable('Redis has failed just now');
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
