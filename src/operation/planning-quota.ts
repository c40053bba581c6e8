/**
 * How much time new operations of one client may take to prepare. An operation that is known costs nothing; what an
 * attacker can ask for is new ones, and slow ones most of all, so time is what is counted.
 */

import { LRUCache } from 'lru-cache';

import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';

export interface PlanningQuotaOptions {
  /** Per client and minute. */
  readonly msPerMinute: number;
  /** Accounts kept; the one used longest ago makes room. Default 100 000. */
  readonly clientsMax?: number;
}

interface Account {
  /** May be below zero: what an operation costs is known when it is done. */
  leftMs: number;
  atMs: number;
}

const minuteMs = 60_000;
/** Asking costs something even when the answer is quick. */
const leastCostMs = 1;

export class PlanningQuota {
  readonly #options: PlanningQuotaOptions;
  readonly #now: Clock;
  readonly #accounts: LRUCache<string, Account>;

  constructor(options: PlanningQuotaOptions, now: Clock) {
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
      'This client sends too many new operations; known ones are still answered',
      {
        public: { retryAfter },
      },
    );
  }

  spend(client: string, tookMs: number): void {
    this.#account(client).leftMs -= Math.max(leastCostMs, tookMs);
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
