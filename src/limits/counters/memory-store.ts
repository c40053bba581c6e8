/** Counters in this process's memory. */

import type { Clock } from '../../shared/clock.ts';
import type { Charge, LimitCheck } from '../check.ts';
import { CheckMap } from '../check-map.ts';
import type { Counter } from './counter.ts';
import type { CheckOutcome } from './decision.ts';
import { GcraCounter } from './gcra.ts';
import { WindowCounter } from './window.ts';

export interface MemoryStoreOptions {
  readonly keysMax: number;
  readonly now: Clock;
}

export class MemoryStore {
  readonly #counters: CheckMap<Counter>;
  readonly #now: Clock;

  constructor({ keysMax, now }: MemoryStoreOptions) {
    this.#counters = new CheckMap(keysMax);
    this.#now = now;
  }

  /**
   * Counts the checks of one request, gate by gate, as `Limiter` says.
   *
   * @returns In the order of the checks.
   */
  take(checks: readonly LimitCheck[]): CheckOutcome[] {
    const nowUs = this.#nowUs();
    const counters = checks.map((check) => this.#counterOf(check, nowUs));
    /** By index. Undefined: there is room for all. */
    let retries: number[] | undefined;
    let refusedBy = -1;
    for (let index = 0; index < checks.length; index += 1) {
      const counter = at(counters, index);
      const { rule, cost, isMeasured } = at(checks, index);
      if (!counter.hasRoom(rule, cost)) {
        retries ??= new Array<number>(checks.length).fill(0);
        retries[index] = counter.retryAfterMs(rule, cost, nowUs);
        if (!isMeasured && refusedBy === -1) refusedBy = index;
      }
      if (isMeasured || refusedBy === -1) counter.add(rule, cost);
    }
    if (refusedBy !== -1) takeBack(checks, counters, refusedBy);
    return counters.map((counter, index) => {
      const { rule } = at(checks, index);
      const retryAfterMs = retries?.[index] ?? 0;
      return {
        remaining: retryAfterMs === 0 ? counter.remaining(rule) : 0,
        resetMs: counter.resetMs(rule, nowUs),
        isExceeded: retryAfterMs > 0,
        retryAfterMs,
        bucket: counter.bucket,
      };
    });
  }

  /** Changes what a charge used, if it still counts. */
  settle({ check, bucket }: Charge, units: number): void {
    this.#counterOf(check, this.#nowUs()).settle(check.rule, bucket, units);
  }

  #nowUs(): number {
    return Math.floor(this.#now() * 1000);
  }

  #counterOf(check: LimitCheck, nowUs: number): Counter {
    let counter = this.#counters.get(check);
    if (!counter) {
      counter = check.rule.algorithm === 'window' ? new WindowCounter() : new GcraCounter();
      this.#counters.set(check, counter);
    }
    counter.advance(check.rule, nowUs);
    return counter;
  }
}

/** Of the checks before the one that refuses: those of its gate, and those that are given back. */
function takeBack(checks: readonly LimitCheck[], counters: readonly Counter[], refusedBy: number): void {
  const refusingGate = at(checks, refusedBy).gate;
  for (const [index, { rule, cost, gate, isReturned, isMeasured }] of checks.slice(0, refusedBy).entries()) {
    if (!isMeasured && (isReturned || gate === refusingGate)) at(counters, index).remove(rule, cost);
  }
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new RangeError(`there is no item ${index}`);
  return item;
}
