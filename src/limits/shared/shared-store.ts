/** Counters that several processes share. */

import type { Charge, LimitCheck } from '../check.ts';
import type { CheckOutcome } from '../counters/decision.ts';

export interface ChargeChange {
  readonly charge: Charge;
  readonly units: number;
}

export interface StoreProbe {
  /** That share the counters. */
  readonly processes: number;
  /** Changes when counters were deleted: what was refused may be admitted. */
  readonly resets: number;
}

/** Each call rejects if the counters cannot be reached or changed. */
export interface SharedStore {
  /** A call takes no longer. */
  readonly timeoutMs: number;
  /**
   * Counts the checks of some requests, one request after the other.
   *
   * @returns For each request the outcomes in the order of its checks.
   */
  take(requests: ReadonlyArray<readonly LimitCheck[]>): Promise<ReadonlyArray<readonly CheckOutcome[]>>;
  settle(changes: readonly ChargeChange[]): Promise<void>;
  /** Tries whether counters can be changed, and says that this process is there. */
  probe(): Promise<StoreProbe>;
  /** Says that this process is no longer there. */
  close(): Promise<void>;
}
