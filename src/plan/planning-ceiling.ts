/** An optional limit of the planner's processor time per client, in addition to fair queueing. */

import { LRUCache } from 'lru-cache';

import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';

export interface PlanningCeilingOptions {
  /** Processor time per client and minute. */
  readonly msPerMinute: number;
  /** Accounts in memory; beyond that, the least recently used one is dropped. Default 100 000. */
  readonly clientsMax?: number;
}

interface Account {
  /** May be negative: the cost of an operation is known only when it is done. */
  leftMs: number;
  atMs: number;
}

const minuteMs = 60_000;

export class PlanningCeiling {
  readonly #options: PlanningCeilingOptions;
  readonly #now: Clock;
  readonly #accounts: LRUCache<string, Account>;

  constructor(options: PlanningCeilingOptions, now: Clock) {
    this.#options = options;
    this.#now = now;
    this.#accounts = new LRUCache({ max: options.clientsMax ?? 100_000 });
  }

  /** @throws {GatewayError} `PLANNING_QUOTA_EXCEEDED` with `retryAfter` in seconds. */
  check(client: string): void {
    const { leftMs } = this.#account(client);
    if (leftMs > 0) return;
    const perMs = this.#options.msPerMinute / minuteMs;
    const retryAfter = Math.max(1, Math.ceil(-leftMs / perMs / 1000));
    throw new GatewayError(
      'PLANNING_QUOTA_EXCEEDED',
      'This client sends too many new operations; operations seen before are still answered',
      {
        public: { retryAfter },
      },
    );
  }

  spend(client: string, costMs: number): void {
    this.#account(client).leftMs -= costMs;
  }

  #account(client: string): Account {
    const { msPerMinute } = this.#options;
    const now = this.#now();
    const account = this.#accounts.get(client) ?? { leftMs: msPerMinute, atMs: now };
    account.leftMs = Math.min(msPerMinute, account.leftMs + ((now - account.atMs) / minuteMs) * msPerMinute);
    account.atMs = now;
    this.#accounts.set(client, account);
    return account;
  }
}
