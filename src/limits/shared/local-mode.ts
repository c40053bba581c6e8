/** What applies while the shared counters are lost: `whenStoreLost` of each policy. */

import type { CheckState, LimitCheck, LimitDecision, LimitRule } from '../check.ts';
import { decisionOf } from '../counters/decision.ts';
import type { MemoryStore } from '../counters/memory-store.ts';
import type { ProcessCount } from './process-count.ts';
import type { ChargeChange } from './shared-store.ts';

/** What clients of a `closed` policy are told. The store may be back any time. */
const closedRetryMs = 1000;

export class LocalMode {
  readonly #counters: MemoryStore;
  readonly #processes: Pick<ProcessCount, 'current'>;
  #shares = new WeakMap<LimitRule, LimitRule>();
  #sharesOf = 0;

  constructor(counters: MemoryStore, processes: Pick<ProcessCount, 'current'>) {
    this.#counters = counters;
    this.#processes = processes;
  }

  take(checks: readonly LimitCheck[]): LimitDecision {
    const closed = checks.find((check) => check.rule.whenStoreLost === 'closed' && !check.isMeasured);
    const counted = checks.filter(
      (check) =>
        check.rule.whenStoreLost === 'local' &&
        (!closed || check.isMeasured || (check.gate < closed.gate && !check.isReturned)),
    );
    const shares = counted.map((check) => ({ ...check, rule: this.#shareFor(check) }));
    const decision = decisionOf(counted, this.#counters.take(shares), 'local');
    const states = checks.map((check) => decision.states[counted.indexOf(check)] ?? null);
    if (!decision.isAllowed) return { ...decision, states };
    if (closed) {
      return { isAllowed: false, refusedBy: closed, reason: 'store', retryAfterMs: closedRetryMs, states };
    }
    return { ...decision, states: states.map((state, index) => state ?? uncounted(checks[index])) };
  }

  settle({ charge, units }: ChargeChange): void {
    const { check } = charge;
    this.#counters.settle({ ...charge, check: { ...check, rule: this.#shareFor(check) } }, units);
  }

  /**
   * An operation that costs more than the share of this process is admitted alone, or it would be refused until the
   * store is back.
   */
  #shareFor({ rule, cost }: LimitCheck): LimitRule {
    const share = this.#shareOf(rule);
    const most = rule.algorithm === 'gcra' ? 'burst' : 'limit';
    return rule.isIndivisible && cost > share[most] && cost <= rule[most]
      ? { ...share, [most]: cost }
      : share;
  }

  /** Of the limit of all processes. */
  #shareOf(rule: LimitRule): LimitRule {
    const processes = this.#processes.current;
    if (processes !== this.#sharesOf) {
      this.#shares = new WeakMap();
      this.#sharesOf = processes;
    }
    let share = this.#shares.get(rule);
    if (!share) {
      const partOf = (units: number): number => Math.max(1, Math.floor(units / processes));
      share = { ...rule, limit: partOf(rule.limit), burst: partOf(rule.burst) };
      this.#shares.set(rule, share);
    }
    return share;
  }
}

/** Of a policy that admits everything now. */
function uncounted(check: LimitCheck | undefined): CheckState {
  return { remaining: check?.rule.limit ?? 0, resetMs: 0, isExceeded: false };
}
