/**
 * What a store refused, in this process's memory: a client that goes on asking costs no call to Redis. Bounded: when
 * there are too many, those not asked for longest are forgotten, and the store is asked again.
 */

import type { Clock } from '../../shared/clock.ts';
import type { CheckState, LimitCheck, LimitDecision, LimitRule } from '../check.ts';
import { CheckMap } from '../check-map.ts';

interface BlockedKey {
  /** Refused for this many units; fewer may still be there. */
  readonly cost: number;
  /** By this rule: another client or tier may have a higher limit of the same counter. */
  readonly rule: LimitRule;
  readonly untilMs: number;
}

export class BlockedKeys {
  readonly #blocked: CheckMap<BlockedKey>;
  readonly #now: Clock;

  constructor({ blockedKeysMax, now }: { readonly blockedKeysMax: number; readonly now: Clock }) {
    this.#blocked = new CheckMap(blockedKeysMax);
    this.#now = now;
  }

  /** Remembers the checks that refused a request. */
  add(
    checks: readonly LimitCheck[],
    outcomes: ReadonlyArray<{ readonly isExceeded: boolean; readonly retryAfterMs: number }>,
  ): void {
    for (const [index, check] of checks.entries()) {
      const outcome = outcomes[index];
      if (!outcome?.isExceeded || check.isMeasured) continue;
      const { cost, rule } = check;
      const blocked = this.#find(check);
      // A smaller cost is admitted earlier, and blocks the larger ones until then; so does a higher limit the lower ones.
      if (!blocked || cost < blocked.cost || !isAtMost(rule, blocked.rule))
        this.#blocked.set(check, { cost, rule, untilMs: this.#now() + outcome.retryAfterMs });
    }
  }

  /** Units were given back. */
  release(check: LimitCheck): void {
    this.#blocked.delete(check);
  }

  clear(): void {
    this.#blocked.clear();
  }

  refusal(checks: readonly LimitCheck[]): LimitDecision | undefined {
    if (this.#blocked.isEmpty) return undefined;
    let refusedBy: LimitCheck | undefined;
    let retryAfterMs = 1;
    const states = checks.map((check): CheckState | null => {
      const blocked = check.isMeasured ? undefined : this.#find(check);
      if (!blocked || check.cost < blocked.cost || !isAtMost(check.rule, blocked.rule)) return null;
      refusedBy ??= check;
      const resetMs = Math.ceil(blocked.untilMs - this.#now());
      retryAfterMs = Math.max(retryAfterMs, resetMs);
      return { remaining: 0, resetMs, isExceeded: true };
    });
    return refusedBy && { isAllowed: false, refusedBy, reason: 'limit', retryAfterMs, states };
  }

  #find(check: LimitCheck): BlockedKey | undefined {
    const blocked = this.#blocked.get(check);
    if (blocked && blocked.untilMs <= this.#now()) {
      this.#blocked.delete(check);
      return undefined;
    }
    return blocked;
  }
}

function isAtMost(rule: LimitRule, other: LimitRule): boolean {
  return rule.limit <= other.limit && rule.burst <= other.burst;
}
