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
import { CommandTimeout, outcomeOf, reasonOf, StoreUnavailable } from './failures.ts';

export type Commands = RedisCommander;

export interface Store {
  /** Keys of one call have to be in one slot. */
  readonly isCluster: boolean;
  /** Adds the configured prefix to the name of a Redis key. */
  key(name: string): string;
  /**
   * @param key The Redis key that the command is about: each server of a cluster has a circuit breaker of its own.
   * @throws {StoreUnavailable} If Redis is unavailable.
   * @throws {Error} The error of Redis about an invalid command.
   */
  run<Result>(command: (redis: Commands) => Promise<Result>, key?: string): Promise<Result>;
  /** Of all keys that there are, each is on one of them. To be used within `run`. */
  masters(): readonly Commands[];
  close(): Promise<void>;
}

/** A connection that reconnects by itself. */
export interface Connection {
  readonly commands: Commands;
  readonly isCluster: boolean;
  masters(): readonly Commands[];
  readonly isReady: () => boolean;
  /** Who has the key: an address in a cluster, else ''. */
  serverOf(key: string): string;
  /** A server fails: looks for the one that has its keys now. */
  findServers(): void;
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
  /** @param server Null: there is only one, or the command was about no key. */
  readonly onBreaker: (change: BreakerChange, server: string | null) => void;
}

/** Opens early and half-opens soon: callers can do without Redis, and a trial command is cheap. */
const breakerOptions = {
  mode: 'auto',
  minimumCalls: 5,
  failureRatePercent: 50,
  slowRatePercent: 100,
  connectErrorsMax: 3,
  openMs: 250,
  openMaxMs: 500,
  openJitterPercent: 20,
  halfOpenPermits: 1,
} as const;

/** Addresses of a cluster come and go. */
const breakersMax = 1000;

export function createStore(options: StoreOptions): Store {
  const { connection, keyPrefix, commandTimeoutMs } = options;
  const { now } = options;
  const breakerOf = createBreakers(options);
  return {
    isCluster: connection.isCluster,
    masters: () => connection.masters(),
    key: (name) => `${keyPrefix}${name}`,
    async run(command, key) {
      if (!connection.isReady()) throw new StoreUnavailable('there is no connection to Redis');
      const breaker = breakerOf(key === undefined ? '' : connection.serverOf(key));
      const sentAtMs = now();
      const permit = breaker.enter(sentAtMs);
      if (permit === noPermit)
        throw new StoreUnavailable('Redis has just failed; the circuit breaker is open');
      try {
        const result = await withTimeout(command(connection.commands), commandTimeoutMs);
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

function createBreakers(options: StoreOptions): (server: string) => Breaker {
  const { connection, commandTimeoutMs, random, onBreaker } = options;
  const breakers = new Map<string, Breaker>();
  return (server) => {
    let breaker = breakers.get(server);
    if (!breaker) {
      if (breakers.size >= breakersMax) breakers.clear();
      const onChange = (change: BreakerChange): void => {
        onBreaker(change, server === '' ? null : server);
        if (change.to === 'open') connection.findServers();
      };
      breaker = new Breaker({ ...breakerOptions, slowMs: commandTimeoutMs }, { random, onChange });
      breakers.set(server, breaker);
    }
    return breaker;
  };
}

/** Turns of the event loop that a timeout takes at least. */
const timeoutTurns = 5;

/**
 * Of the whole command, with what a cluster redirects; the library's own also covers the time to connect. Time counts
 * while the event loop turns: a process that is busy for longer than the timeout has not even sent the command.
 */
function withTimeout<Result>(command: Promise<Result>, timeoutMs: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    let turns = 0;
    let timer = setTimeout(turn, timeoutMs / timeoutTurns);
    function turn(): void {
      turns += 1;
      if (turns < timeoutTurns) timer = setTimeout(turn, timeoutMs / timeoutTurns);
      // What has arrived by now is read first.
      else setImmediate(reject, new CommandTimeout('Command timed out'));
    }
    command.then(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
