/** The counters of limits that all workers share, in the primary process. */

import type { LimitCheck } from '../limits/check.ts';
import { numbersOf } from '../limits/counters/decision.ts';
import { MemoryStore, type MemoryStoreOptions } from '../limits/counters/memory-store.ts';
import type { ChargeChange } from '../limits/shared/shared-store.ts';
import { GatewayError } from '../shared/errors.ts';
import type { PackedRequests } from './calls.ts';

export class SharedCounters {
  readonly #counters: MemoryStore;

  constructor(options: MemoryStoreOptions) {
    this.#counters = new MemoryStore(options);
  }

  /** @returns JSON of what `outcomesOf` reads. */
  take({ rules, requests }: PackedRequests): string {
    const outcomes = requests.map((checks) => {
      const unpacked = checks.map(([index, key, owner, cost, gate, isReturned, isMeasured]): LimitCheck => {
        const rule = rules[index];
        if (!rule) throw new GatewayError('INTERNAL_ERROR', 'A check without a rule');
        return { rule, key, owner, cost, gate, isReturned, isMeasured };
      });
      return this.#counters.take(unpacked);
    });
    return JSON.stringify(numbersOf(outcomes));
  }

  settle(changes: readonly ChargeChange[]): void {
    for (const { charge, units } of changes) this.#counters.settle(charge, units);
  }
}
