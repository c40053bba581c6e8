import { expect, it } from 'vitest';

import { checkOf, ruleOf } from '../../test/support/limits.ts';
import type { LimitCheck } from './check.ts';
import { UncountedRequests } from './uncounted-requests.ts';

it('counts each counter by itself, also two windows of one policy and key', () => {
  const taken: LimitCheck[] = [];
  const uncounted = new UncountedRequests({
    take(checks) {
      taken.push(...checks);
      return {
        isAllowed: true,
        states: [{ remaining: 1, resetMs: 1, isExceeded: false }],
        charges: [],
      };
    },
  });
  const minute = checkOf(ruleOf({ policy: 'tier', windowMs: 60_000 }));
  const hour = checkOf(ruleOf({ policy: 'tier', windowMs: 3_600_000 }));
  for (let request = 0; request < 3; request += 1) for (const check of [minute, hour]) uncounted.add(check);
  uncounted.flush();
  expect(taken.map(({ rule, cost, isMeasured }) => [rule.windowMs, cost, isMeasured])).toEqual([
    [60_000, 3, true],
    [3_600_000, 3, true],
  ]);
});
