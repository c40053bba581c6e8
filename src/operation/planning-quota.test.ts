import { describe, expect, it } from 'vitest';

import { PlanningQuota } from './planning-quota.ts';

describe('PlanningQuota', () => {
  it('lets a client go on until its time is used up, then says when to come back', () => {
    const { quota } = given();
    quota.check('a');
    quota.spend('a', 500);
    quota.check('a');
    quota.spend('a', 600);
    expect(() => quota.check('a')).toThrow(
      expect.objectContaining({ code: 'PLANNING_QUOTA_EXCEEDED', public: { retryAfter: 6 } }),
    );
  });

  it('keeps its word: waiting that long is enough', () => {
    const { quota, clock } = given();
    quota.spend('a', 1100);
    clock.nowMs += 5_900;
    expect(() => quota.check('a')).toThrow();
    clock.nowMs += 200;
    expect(() => quota.check('a')).not.toThrow();
  });

  it('does not charge one client for another', () => {
    const { quota } = given();
    quota.spend('a', 5000);
    expect(() => quota.check('b')).not.toThrow();
  });

  it('does not save up more than a minute', () => {
    const { quota, clock } = given();
    quota.spend('a', 1);
    clock.nowMs += 3_600_000;
    quota.spend('a', 1000);
    expect(() => quota.check('a')).toThrow();
  });
});

function given() {
  const clock = { nowMs: 0 };
  return { clock, quota: new PlanningQuota({ msPerMinute: 1000, clientsMax: 100 }, () => clock.nowMs) };
}
