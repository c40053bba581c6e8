/**
 * Units of global limits that this process has taken from the shared store in advance, so that the requests of all callers
 * do not wait for one counter:
 *
 *     no lease ── request counts in the store, a portion beside it ──> lease ── requests use it ──> empty, or over
 *                                                                        units that are left are given back
 *
 * A lease is over after a second, and before the bucket ends in which the store counted it: so its units are used in the
 * bucket in which they count, and the limit holds as without leases. Only the algorithm `window` has buckets.
 */

import type { Clock } from '../../shared/clock.ts';
import type { Charge, CheckState, LimitCheck, LimitDecision } from '../check.ts';
import { counterName } from '../counters/counter-name.ts';
import type { ProcessCount } from './process-count.ts';
import type { ChargeChange } from './shared-store.ts';

export interface LeasesOptions {
  readonly processes: ProcessCount;
  readonly now: Clock;
  readonly giveBack: (change: ChargeChange) => void;
}

/** Units of a lease that one check used. */
export interface LeaseUse {
  readonly check: LimitCheck;
  readonly state: CheckState;
  readonly charge: Charge;
}

interface Lease {
  readonly charge: Charge;
  readonly grantedAtMs: number;
  readonly untilMs: number;
  /** After the lease. */
  readonly state: CheckState;
  units: number;
  readonly timer: NodeJS.Timeout;
}

/** Of the limit, for all processes together. */
const leasedPart = 0.05;
const leaseMsMax = 1000;
const bucketsPerWindow = 10;

export class Leases {
  readonly #options: LeasesOptions;
  readonly #leases = new Map<string, Lease>();
  /** When a lease was last asked for. */
  readonly #askedAtMs = new Map<string, number>();

  constructor(options: LeasesOptions) {
    this.#options = options;
  }

  /** @returns undefined: the store has to be asked. */
  use(check: LimitCheck): LeaseUse | undefined {
    const lease = isLeasable(check) ? this.#leases.get(leaseName(check)) : undefined;
    const nowMs = this.#options.now();
    if (!lease || lease.units < check.cost || lease.untilMs <= nowMs) return undefined;
    lease.units -= check.cost;
    const resetMs = Math.max(1, Math.ceil(lease.state.resetMs - (nowMs - lease.grantedAtMs)));
    const state = { remaining: lease.state.remaining + lease.units, resetMs, isExceeded: false };
    return { check, state, charge: { ...lease.charge, check } };
  }

  /** The check by which the store grants a lease; undefined: not now. The caller asks the store, and calls `grant`. */
  next(check: LimitCheck): LimitCheck | undefined {
    if (!isLeasable(check)) return undefined;
    const name = leaseName(check);
    const nowMs = this.#options.now();
    if (nowMs - (this.#askedAtMs.get(name) ?? -Infinity) < leaseMsMax / bucketsPerWindow) return undefined;
    this.#askedAtMs.set(name, nowMs);
    const cost = Math.ceil((check.rule.limit * leasedPart) / this.#options.processes.current);
    return { ...check, cost, isReturned: false };
  }

  /** @param askedAtMs The store counted it no earlier. */
  grant(check: LimitCheck, decision: LimitDecision, askedAtMs: number): void {
    const name = leaseName(check);
    this.#askedAtMs.delete(name);
    if (!decision.isAllowed) return;
    const [charge] = decision.charges;
    const [state] = decision.states;
    if (!charge || !state) return;
    this.#end(name);
    if (charge.countedBy === 'local') {
      this.#options.giveBack({ charge, units: -check.cost });
      return;
    }
    // Buckets free up when others end. The store rounds up to whole milliseconds.
    const bucketEndsInMs = (state.resetMs - 1) % (check.rule.windowMs / bucketsPerWindow);
    const untilMs = askedAtMs + Math.min(leaseMsMax, bucketEndsInMs);
    const nowMs = this.#options.now();
    const timer = setTimeout(() => this.#end(name), Math.max(0, untilMs - nowMs));
    timer.unref();
    this.#leases.set(name, { charge, state, grantedAtMs: nowMs, untilMs, units: check.cost, timer });
  }

  /** For requests that were refused by another check. */
  putBack({ check, charge }: LeaseUse): void {
    const lease = this.#leases.get(leaseName(check));
    if (lease && lease.charge.bucket === charge.bucket) lease.units += check.cost;
    else this.#options.giveBack({ charge, units: -check.cost });
  }

  /** Gives back what is left of all leases. */
  close(): void {
    for (const name of this.#leases.keys()) this.#end(name);
  }

  #end(name: string): void {
    const lease = this.#leases.get(name);
    if (!lease) return;
    clearTimeout(lease.timer);
    this.#leases.delete(name);
    if (lease.units > 0) this.#options.giveBack({ charge: lease.charge, units: -lease.units });
  }
}

function isLeasable({ rule, isMeasured }: LimitCheck): boolean {
  return rule.isGlobal && rule.algorithm === 'window' && !isMeasured;
}

/** Units below the limit of one tier may be above that of another: each has leases of its own. */
function leaseName(check: LimitCheck): string {
  return `${check.rule.limit} ${check.rule.burst} ${counterName(check)}`;
}
