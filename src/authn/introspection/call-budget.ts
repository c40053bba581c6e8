/**
 * Limits token introspection calls, because an attacker can make up any number of opaque tokens.
 *
 * Limits concurrent calls and calls per second. Half of both is reserved for clients without a recent invalid token. After
 * several failures in a row a provider is called once a second.
 */

import { LRUCache } from 'lru-cache';

import type { Clock } from '../../shared/clock.ts';

export interface CallBudgetOptions {
  readonly concurrentMax: number;
  readonly perSecondMax: number;
}

/** `refused`: the provider is available but rejects the call because of the token. */
export type IntrospectionOutcome = 'active' | 'inactive' | 'refused' | 'failed';

/** How long a client is suspect after an invalid token. */
const suspectMs = 60_000;
/** The least recently used one is evicted. */
const suspectClientsMax = 10_000;
const failuresMax = 5;
const retryMs = 1000;

export class CallBudget {
  readonly #options: CallBudgetOptions;
  readonly #now: Clock;
  /** Until when, by network. */
  readonly #suspects = new LRUCache<string, number>({ max: suspectClientsMax });
  #inFlight = 0;
  /** Calls left in the token bucket. */
  #available: number;
  #refilledAtMs: number;
  #failuresInRow = 0;
  #retryAtMs = 0;

  constructor(options: CallBudgetOptions, now: Clock) {
    this.#options = options;
    this.#now = now;
    this.#available = options.perSecondMax;
    this.#refilledAtMs = now();
  }

  /** @returns Why no call is allowed now; undefined: it is allowed, and `leave` must follow. */
  enter(network: string): string | undefined {
    const { concurrentMax, perSecondMax } = this.#options;
    const now = this.#now();
    const refilled = this.#available + ((now - this.#refilledAtMs) / 1000) * perSecondMax;
    this.#available = Math.min(perSecondMax, refilled);
    this.#refilledAtMs = now;
    const reserved = this.#isSuspect(network, now) ? 0.5 : 0;
    if (this.#inFlight >= concurrentMax * (1 - reserved)) return 'too many introspection calls are in flight';
    if (this.#available - 1 < perSecondMax * reserved)
      return 'too many introspection calls in the last second';
    if (this.#failuresInRow >= failuresMax) {
      if (now < this.#retryAtMs) return 'the identity provider has failed several times in a row';
      this.#retryAtMs = now + retryMs;
    }
    this.#inFlight += 1;
    this.#available -= 1;
    return undefined;
  }

  leave(network: string, outcome: IntrospectionOutcome): void {
    this.#inFlight -= 1;
    const now = this.#now();
    this.#failuresInRow = outcome === 'failed' ? this.#failuresInRow + 1 : 0;
    if (outcome === 'failed') this.#retryAtMs = now + retryMs;
    if (outcome === 'inactive' || outcome === 'refused') this.#suspects.set(network, now + suspectMs);
    if (outcome === 'active') this.#suspects.delete(network);
  }

  #isSuspect(network: string, now: number): boolean {
    const untilMs = this.#suspects.get(network);
    return untilMs !== undefined && now < untilMs;
  }
}
