/**
 * Counts requests that were refused without asking the shared store at the gates that they had passed before: together,
 * a few times a second, so that a client that is refused all the time costs the store next to nothing.
 */

import type { LimitCheck, Limiter } from './check.ts';
import { counterName } from './counters/counter-name.ts';

const intervalMs = 100;
/** Further counters are not counted until the next time. */
const countersMax = 1000;
/** Units of one check. */
const unitsMax = 4_294_967_295;

export class UncountedRequests {
  readonly #limiter: Pick<Limiter, 'take'>;
  readonly #checks = new Map<string, LimitCheck>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limiter: Pick<Limiter, 'take'>) {
    this.#limiter = limiter;
  }

  add(check: LimitCheck): void {
    const name = counterName(check);
    const previous = this.#checks.get(name);
    if (!previous && this.#checks.size >= countersMax) return;
    const cost = Math.min(unitsMax, check.cost + (previous?.cost ?? 0));
    this.#checks.set(name, { ...check, cost });
    this.#timer ??= setTimeout(() => this.flush(), intervalMs).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const check of this.#checks.values()) void this.#count(check);
    this.#checks.clear();
  }

  async #count(check: LimitCheck): Promise<void> {
    // Measured, which counts even what is above the limit.
    const { states } = await this.#limiter.take([{ ...check, isMeasured: true }]);
    // Asked again, so that the limiter knows from now on that the key is refused.
    if (states[0]?.isExceeded && !check.isMeasured) await this.#limiter.take([{ ...check, cost: 1 }]);
  }
}
