/**
 * The algorithm `gcra` (generic cell rate algorithm): units flow off evenly, `limit` of them in a window, and at most
 * `burst` may be there at a time; so at most `limit + burst` are used in any window of time.
 *
 * The usual theoretical arrival time is `at + level / limit`. It is kept as two whole numbers, because the time that one
 * unit takes is seldom one: parts of a unit, of which a unit has as many as the window has microseconds, and of which
 * `limit` flow off in each microsecond.
 */

import type { LimitRule } from '../check.ts';
import type { Counter } from './counter.ts';

/** Some 300 years: a burst of many times the limit. */
const waitMsMax = 1e13;

export class GcraCounter implements Counter {
  readonly bucket = 0;
  /** Parts of a unit at the time `atUs`. */
  #level = 0;
  #atUs = 0;

  advance(rule: LimitRule, nowUs: number): void {
    const elapsedUs = nowUs - this.#atUs;
    if (elapsedUs > 0) {
      this.#level = Math.max(0, this.#level - elapsedUs * rule.limit);
      this.#atUs = nowUs;
    } else if (-elapsedUs > partsOfUnit(rule)) {
      // The clock went back by more than a window: what is used must not stay used until it is there again.
      this.#atUs = nowUs + partsOfUnit(rule);
    }
  }

  hasRoom(rule: LimitRule, cost: number): boolean {
    return this.#level <= (rule.burst - cost) * partsOfUnit(rule);
  }

  add(rule: LimitRule, cost: number): void {
    this.settle(rule, 0, cost);
  }

  remove(rule: LimitRule, cost: number): void {
    this.settle(rule, 0, -cost);
  }

  settle(rule: LimitRule, _bucket: number, units: number): void {
    // What is used above the limit flows off within a window.
    const levelMax = (rule.burst + rule.limit) * partsOfUnit(rule);
    this.#level = Math.min(levelMax, Math.max(0, this.#level + units * partsOfUnit(rule)));
  }

  remaining(rule: LimitRule): number {
    return Math.max(0, rule.burst - Math.ceil(this.#level / partsOfUnit(rule)));
  }

  resetMs(rule: LimitRule, nowUs: number): number {
    if (this.#level === 0) return 0;
    return this.#untilRoomMs(rule, this.remaining(rule) + 1, nowUs);
  }

  retryAfterMs(rule: LimitRule, cost: number, nowUs: number): number {
    return cost > rule.burst ? rule.windowMs : this.#untilRoomMs(rule, cost, nowUs);
  }

  #untilRoomMs(rule: LimitRule, cost: number, nowUs: number): number {
    const excess = this.#level - (rule.burst - cost) * partsOfUnit(rule);
    return Math.min(waitMsMax, Math.ceil((this.#atUs - nowUs + Math.ceil(excess / rule.limit)) / 1000));
  }
}

function partsOfUnit({ windowMs }: LimitRule): number {
  return windowMs * 1000;
}
