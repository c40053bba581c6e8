/** Opens the limiter of a process. */

import type { Clock } from '../shared/clock.ts';
import { BlockedKeys } from './counters/blocked-keys.ts';
import type { Limiter } from './check.ts';
import { decisionOf } from './counters/decision.ts';
import { MemoryStore } from './counters/memory-store.ts';
import { SharedLimiter, type SharedLimiterOptions } from './shared/shared-limiter.ts';

export interface LimiterOptions {
  /** Keys with counters in memory; of more, those not used for longest start anew. */
  readonly keysMax: number;
  /** Keys that are known to be used up. */
  readonly blockedKeysMax: number;
  readonly now: Clock;
  /** Default: only this process counts. */
  readonly shared?: SharedOptions | undefined;
}

export type SharedOptions = Omit<SharedLimiterOptions, keyof LimiterOptions>;

export function createLimiter({ shared, ...options }: LimiterOptions): Limiter {
  return shared ? new SharedLimiter({ ...options, ...shared }) : createMemoryLimiter(options);
}

function createMemoryLimiter(options: LimiterOptions): Limiter {
  const store = new MemoryStore(options);
  const blocked = new BlockedKeys(options);
  return {
    refusal: (checks) => blocked.refusal(checks),
    take(checks) {
      const refusal = blocked.refusal(checks);
      if (refusal) return refusal;
      const outcomes = store.take(checks);
      const decision = decisionOf(checks, outcomes, 'store');
      if (!decision.isAllowed) blocked.add(checks, outcomes);
      return decision;
    },
    settle(changes) {
      for (const { charge, units } of changes) {
        store.settle(charge, units);
        if (units < 0) blocked.release(charge.check);
      }
    },
    close: () => Promise.resolve(),
  };
}
