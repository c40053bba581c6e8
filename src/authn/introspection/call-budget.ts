/**
 * How often an identity provider is asked about tokens: random ones are as many as an attacker likes.
 *
 * So many calls at once and so many a second. Half of both is kept for clients whose tokens have been good lately, and
 * a provider that fails again and again is tried once a second.
 */

import { LRUCache } from 'lru-cache';

import type { Clock } from '../../shared/clock.ts';

export interface CallBudgetOptions {
  readonly concurrentMax: number;
  readonly perSecondMax: number;
}

/** `refused`: the provider is there and does not like what it was asked. */
export type Outcome = 'active' | 'inactive' | 'refused' | 'failed';

/** How long a client is doubted after a token that did not hold. */
const doubtedMs = 60_000;
/** The one doubted longest ago makes room. */
const doubtedClientsMax = 10_000;
const failuresMax = 5;
const retryMs = 1000;

export class CallBudget {
  readonly #options: CallBudgetOptions;
  readonly #now: Clock;
  /** Until when, by network. */
  readonly #doubted = new LRUCache<string, number>({ max: doubtedClientsMax });
  #underWay = 0;
  #left: number;
  #countedAtMs: number;
  #failuresInRow = 0;
  #retryAtMs = 0;

  constructor(options: CallBudgetOptions, now: Clock) {
    this.#options = options;
    this.#now = now;
    this.#left = options.perSecondMax;
    this.#countedAtMs = now();
  }

  /** @returns Why there is no call now; undefined: there is, and `leave` must follow. */
  enter(network: string): string | undefined {
    const { concurrentMax, perSecondMax } = this.#options;
    const now = this.#now();
    this.#left = Math.min(perSecondMax, this.#left + ((now - this.#countedAtMs) / 1000) * perSecondMax);
    this.#countedAtMs = now;
    const share = this.#isDoubted(network, now) ? 0.5 : 0;
    if (this.#underWay >= concurrentMax * (1 - share)) return 'too many tokens are being asked about';
    if (this.#left - 1 < perSecondMax * share) return 'too many tokens were asked about in the last second';
    if (this.#failuresInRow >= failuresMax) {
      if (now < this.#retryAtMs) return 'the identity provider has failed several times in a row';
      this.#retryAtMs = now + retryMs;
    }
    this.#underWay += 1;
    this.#left -= 1;
    return undefined;
  }

  leave(network: string, outcome: Outcome): void {
    this.#underWay -= 1;
    const now = this.#now();
    this.#failuresInRow = outcome === 'failed' ? this.#failuresInRow + 1 : 0;
    if (outcome === 'failed') this.#retryAtMs = now + retryMs;
    if (outcome === 'inactive' || outcome === 'refused') this.#doubted.set(network, now + doubtedMs);
    if (outcome === 'active') this.#doubted.delete(network);
  }

  #isDoubted(network: string, now: number): boolean {
    const untilMs = this.#doubted.get(network);
    return untilMs !== undefined && now < untilMs;
  }
}
