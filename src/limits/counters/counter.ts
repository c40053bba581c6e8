/** How the units of one key are counted. Two algorithms; redis-script.ts has the same ones in Lua. */

import type { LimitRule } from '../check.ts';

/** Times are whole microseconds of one clock; a time before an earlier one changes nothing. `advance` comes first. */
export interface Counter {
  /** Where units are counted now; 0 for `gcra`. */
  readonly bucket: number;
  /** Drops what no longer counts. */
  advance(rule: LimitRule, nowUs: number): void;
  hasRoom(rule: LimitRule, cost: number): boolean;
  /** Counts, even above the limit. */
  add(rule: LimitRule, cost: number): void;
  /** Takes back what was added since the last `advance`. */
  remove(rule: LimitRule, cost: number): void;
  /** Changes what is counted in a bucket, if it still counts; never below 0. */
  settle(rule: LimitRule, bucket: number, units: number): void;
  remaining(rule: LimitRule): number;
  /** Until the next unit is free, in ms; 0 if none is used. */
  resetMs(rule: LimitRule, nowUs: number): number;
  /** Until there is room for that cost, in ms, at least 1. A cost that is never admitted: the window. */
  retryAfterMs(rule: LimitRule, cost: number, nowUs: number): number;
}
