/**
 * A brake on networks whose requests fail: each of their requests counts several times in the limits of gate 1, as long
 * as many of them, and at least half, are answered with 400, 401 or 403. A network with one faulty client among many
 * others is not slowed down.
 */

import { LRUCache } from 'lru-cache';

import type { Clock } from '../shared/clock.ts';

export interface BrakeOptions {
  readonly failuresMax: number;
  readonly windowMs: number;
  /** How often each request counts. */
  readonly factor: number;
  readonly networksMax: number;
  readonly now: Clock;
}

/** Requests of a network in the current window. */
interface Tally {
  since: number;
  requests: number;
  failures: number;
  isBraked: boolean;
}

export class Brake {
  readonly #options: BrakeOptions;
  readonly #tallies: LRUCache<string, Tally>;

  constructor(options: BrakeOptions) {
    this.#options = options;
    this.#tallies = new LRUCache({ max: options.networksMax });
  }

  /** How often a request of this network counts. */
  costOf(network: string): number {
    return this.#current(network)?.isBraked ? this.#options.factor : 1;
  }

  /**
   * Networks without a failure are not kept. What is over a limit tells nothing: otherwise a network that is braked would
   * be released by sending even more.
   */
  answered(network: string, status: number): void {
    if (status === 429) return;
    const isFailure = status === 400 || status === 401 || status === 403;
    let tally = this.#current(network);
    if (!tally) {
      if (!isFailure) return;
      tally = { since: this.#options.now(), requests: 0, failures: 0, isBraked: false };
      this.#tallies.set(network, tally);
    }
    tally.requests += 1;
    if (isFailure) tally.failures += 1;
    if (this.#isOver(tally)) tally.isBraked = true;
  }

  #isOver({ failures, requests }: Tally): boolean {
    return failures >= this.#options.failuresMax && failures * 2 >= requests;
  }

  /** A network that is braked stays so for the next window if it went on failing. */
  #current(network: string): Tally | undefined {
    if (this.#tallies.size === 0) return undefined;
    const tally = this.#tallies.get(network);
    if (!tally) return undefined;
    const { now, windowMs } = this.#options;
    const ageMs = now() - tally.since;
    if (ageMs < windowMs) return tally;
    if (ageMs >= 2 * windowMs || tally.failures * 2 < tally.requests || tally.failures === 0) {
      this.#tallies.delete(network);
      return undefined;
    }
    Object.assign(tally, { since: tally.since + windowMs, requests: 0, failures: 0 });
    return tally;
  }
}
