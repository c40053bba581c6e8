/**
 * Operations that took too long to plan are not planned again for a while. The time doubles with each repetition, and is
 * halved again while they are not requested.
 */

import { LRUCache } from 'lru-cache';

import type { Clock } from '../shared/clock.ts';

export interface QuarantineOptions {
  readonly firstMs: number;
  readonly longestMs: number;
  readonly entriesMax: number;
}

interface Entry {
  readonly untilMs: number;
  readonly lengthMs: number;
}

export class Quarantine {
  readonly #options: QuarantineOptions;
  readonly #now: Clock;
  readonly #entries: LRUCache<string, Entry>;

  /** @param now Monotonic. */
  constructor(options: QuarantineOptions, now: Clock) {
    this.#options = options;
    this.#now = now;
    this.#entries = new LRUCache({ max: options.entriesMax });
  }

  /** How much longer `key` must wait, in ms; 0 when it need not. */
  remainingMs(key: string): number {
    const entry = this.#entries.get(key);
    return entry ? Math.max(0, entry.untilMs - this.#now()) : 0;
  }

  /** Twice the last duration, halved for each such duration that has passed since. */
  add(key: string): void {
    const { firstMs, longestMs } = this.#options;
    const now = this.#now();
    const previous = this.#entries.get(key);
    const quietPeriods = previous ? Math.max(0, now - previous.untilMs) / previous.lengthMs : 0;
    const doubled = previous ? previous.lengthMs * 2 ** (1 - Math.floor(quietPeriods)) : firstMs;
    const lengthMs = Math.min(longestMs, Math.max(firstMs, doubled));
    this.#entries.set(key, { lengthMs, untilMs: now + lengthMs });
  }

  /** Call when it was planned in time. */
  forgive(key: string): void {
    this.#entries.delete(key);
  }
}
