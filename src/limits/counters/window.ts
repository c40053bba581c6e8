/**
 * The algorithm `window`. Units are counted in buckets of a tenth of the window, by the time at which they are used:
 *
 *     | 11th | 10th | ... | 2nd | current |      all 11 are counted, the oldest one in full though a part of it is over,
 *        └────── window ───────────┘              so any window of time is covered by what is counted at its end
 *
 * Therefore at most `limit` units are used in any window, and at least 10/11 of it where enough are asked for.
 */

import type { LimitRule } from '../check.ts';
import type { Counter } from './counter.ts';

const bucketsCounted = 11;
/** Of one bucket: four bytes in Redis. */
const unitsMax = 0xffff_ffff;

export class WindowCounter implements Counter {
  /** Of the newest bucket, counted from the clock's zero. Bucket i is at `i % 11`. */
  #index = 0;
  #used = 0;
  readonly #units: number[] = new Array<number>(bucketsCounted).fill(0);

  get bucket(): number {
    return this.#index;
  }

  advance(rule: LimitRule, nowUs: number): void {
    const current = Math.floor(nowUs / bucketUs(rule));
    const newer = current - this.#index;
    if (newer >= bucketsCounted) {
      this.#units.fill(0);
      this.#used = 0;
      this.#index = current;
    } else if (newer > 0) {
      for (let index = this.#index + 1; index <= current; index += 1) {
        this.#used -= this.#at(index);
        this.#units[index % bucketsCounted] = 0;
      }
      this.#index = current;
    } else if (-newer > bucketsCounted) {
      // The clock went back by more than a window: what is counted need not count until it is there again. The newest
      // bucket stays where it is in the ring, and ahead of the clock, so that nothing stops counting too early.
      this.#index = current + 1 + ((-newer - 1) % bucketsCounted);
    }
  }

  hasRoom({ limit }: LimitRule, cost: number): boolean {
    return this.#used + cost <= limit;
  }

  add(_rule: LimitRule, cost: number): void {
    this.#change(this.#index, cost);
  }

  remove(_rule: LimitRule, cost: number): void {
    this.#change(this.#index, -cost);
  }

  settle(_rule: LimitRule, bucket: number, units: number): void {
    if (bucket <= this.#index && bucket > this.#index - bucketsCounted) this.#change(bucket, units);
  }

  remaining({ limit }: LimitRule): number {
    return Math.max(0, limit - this.#used);
  }

  resetMs(rule: LimitRule, nowUs: number): number {
    return this.#used === 0 ? 0 : this.#untilFreeMs(rule, 1, nowUs);
  }

  retryAfterMs(rule: LimitRule, cost: number, nowUs: number): number {
    if (cost > rule.limit) return rule.windowMs;
    return this.#untilFreeMs(rule, this.#used + cost - rule.limit, nowUs);
  }

  /** Until at least so many of the units that are used no longer count. */
  #untilFreeMs(rule: LimitRule, units: number, nowUs: number): number {
    let rest = units;
    let index = this.#index - bucketsCounted;
    do {
      index += 1;
      rest -= this.#at(index + bucketsCounted);
    } while (rest > 0 && index < this.#index);
    return Math.ceil(((index + bucketsCounted) * bucketUs(rule) - nowUs) / 1000);
  }

  #change(index: number, units: number): void {
    const before = this.#at(index);
    const after = Math.min(unitsMax, Math.max(0, before + units));
    this.#units[index % bucketsCounted] = after;
    this.#used += after - before;
  }

  #at(index: number): number {
    return this.#units[index % bucketsCounted] ?? 0;
  }
}

/** A tenth of the window: a whole number. */
function bucketUs({ windowMs }: LimitRule): number {
  return windowMs * 100;
}
