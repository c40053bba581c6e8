/** What gates ask of the limiter, and what it answers. Types only. */

/** How many units a key may use, and what applies while the shared store is lost. */
export interface LimitRule {
  /** Of the policy; unique, at most 64 letters, digits and `_.-`. */
  readonly policy: string;
  /** `window`: at most `limit` in any `windowMs`; `gcra`: evenly spread, at most `limit + burst`. */
  readonly algorithm: 'window' | 'gcra';
  /** Units in a window; at most 4,294,967,295. */
  readonly limit: number;
  readonly windowMs: number;
  /** `gcra`: units that may come at once. At least 1. */
  readonly burst: number;
  /** `local`: each process admits its share; `open`: everything; `closed`: nothing. */
  readonly whenStoreLost: 'local' | 'open' | 'closed';
  /** The key is the same for all callers: units are leased, so that requests do not wait for them. */
  readonly isGlobal: boolean;
  /** Points and calls: those of one operation cannot be spread over several requests. */
  readonly isIndivisible: boolean;
}

export interface LimitCheck {
  readonly rule: LimitRule;
  /** Digest of the values that the policy counts by: 22 characters of base64url. */
  readonly key: string;
  /** Short digest of the client, by which an operator finds its counters: 6 characters of base64url. Null: no client. */
  readonly owner: string | null;
  /** Units: an integer of at least 1. */
  readonly cost: number;
  readonly gate: 1 | 2 | 3;
  /** Quotas and points: not used up if a later gate refuses the request. */
  readonly isReturned: boolean;
  /** Counted, and never refused. */
  readonly isMeasured: boolean;
}

/** Of one check. */
export interface CheckState {
  /** Units left after this request; 0 if it is refused. */
  readonly remaining: number;
  /** Until the next unit is free again. 0: all are. */
  readonly resetMs: number;
  /** This check alone would refuse the request. */
  readonly isExceeded: boolean;
}

/** Units that were used, to be given back or added to later. */
export interface Charge {
  readonly check: LimitCheck;
  /** The bucket they are in; meaningless for `gcra`. */
  readonly bucket: number;
  /** Who counted them: the shared store, or this process while it was lost. */
  readonly countedBy: 'store' | 'local';
}

export type LimitDecision =
  | {
      readonly isAllowed: true;
      /** In the order of the checks. */
      readonly states: readonly CheckState[];
      readonly charges: readonly Charge[];
    }
  | {
      readonly isAllowed: false;
      /** The first check that refuses, by gate. */
      readonly refusedBy: LimitCheck;
      /** `limit`: it is used up; `store`: the store is lost and the policy is `closed`. */
      readonly reason: 'limit' | 'store';
      /** Until this request would be admitted, by all checks of which that is known. At least 1. */
      readonly retryAfterMs: number;
      /** In the order of the checks. Null: not known, because the store was not asked. */
      readonly states: ReadonlyArray<CheckState | null>;
    };

/**
 * Checks are taken gate by gate: if a check of a gate refuses, nothing of that gate and of later gates is used up, what
 * earlier gates used stays used except where `isReturned`. Checks that are measured are used up in any case.
 */
export interface Limiter {
  /**
   * Refuses what this process knows to be refused until a reset, without asking the store and without counting.
   *
   * @returns undefined: nothing is known.
   */
  refusal(checks: readonly LimitCheck[]): LimitDecision | undefined;
  /** Synchronous where no other process has to be asked. Never rejects. `checks` are ordered by gate. */
  take(checks: readonly LimitCheck[]): LimitDecision | Promise<LimitDecision>;
  /** Changes what a charge used: -3 gives three units back, +2 uses two more, even above the limit. */
  settle(changes: ReadonlyArray<{ readonly charge: Charge; readonly units: number }>): void;
  close(): Promise<void>;
}
