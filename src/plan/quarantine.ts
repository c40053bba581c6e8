/** Operations that took too long to plan are not planned again for a while, and each time for longer. */

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

  /** Twice as long as the last time. */
  add(key: string): void {
    const { firstMs, longestMs } = this.#options;
    const before = this.#entries.get(key);
    const lengthMs = before ? Math.min(longestMs, before.lengthMs * 2) : firstMs;
    this.#entries.set(key, { lengthMs, untilMs: this.#now() + lengthMs });
  }
}
