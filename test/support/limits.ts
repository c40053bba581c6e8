/** Rules and checks for tests of the limiter. */

import type { LimitCheck, LimitRule } from '../../src/limits/check.ts';

/** 10 in 1 s unless said otherwise. */
export function ruleOf(given: Partial<LimitRule> = {}): LimitRule {
  return {
    policy: 'tier',
    algorithm: 'window',
    limit: 10,
    windowMs: 1000,
    burst: 1,
    whenStoreLost: 'local',
    isGlobal: false,
    isIndivisible: false,
    ...given,
  };
}

/** One unit of gate 2, enforced and not given back, unless said otherwise. */
export function checkOf(rule: LimitRule, given: Partial<LimitCheck> = {}): LimitCheck {
  return {
    rule,
    key: 'AAAAAAAAAAAAAAAAAAAAAA',
    owner: null,
    cost: 1,
    gate: 2,
    isReturned: false,
    isMeasured: false,
    ...given,
  };
}
