import { describe, expect, it } from 'vitest';

import { PlanningCeiling } from './planning-ceiling.ts';

describe('PlanningCeiling', () => {
  it('lets a client go on until its time is used up, then says when to come back', () => {
    const { ceiling } = given();
    ceiling.check('a');
    ceiling.spend('a', 500);
    ceiling.check('a');
    ceiling.spend('a', 600);
    expect(() => ceiling.check('a')).toThrow(
      expect.objectContaining({ code: 'PLANNING_QUOTA_EXCEEDED', public: { retryAfter: 6 } }),
    );
  });

  it('keeps its word: waiting that long is enough', () => {
    const { ceiling, clock } = given();
    ceiling.spend('a', 1100);
    clock.nowMs += 5_900;
    expect(() => ceiling.check('a')).toThrow();
    clock.nowMs += 200;
    expect(() => ceiling.check('a')).not.toThrow();
  });

  it('does not charge one client for another', () => {
    const { ceiling } = given();
    ceiling.spend('a', 5000);
    expect(() => ceiling.check('b')).not.toThrow();
  });

  it('does not save up more than a minute', () => {
    const { ceiling, clock } = given();
    ceiling.spend('a', 1);
    clock.nowMs += 3_600_000;
    ceiling.spend('a', 1000);
    expect(() => ceiling.check('a')).toThrow();
  });
});

function given() {
  const clock = { nowMs: 0 };
  return { clock, ceiling: new PlanningCeiling({ msPerMinute: 1000, clientsMax: 100 }, () => clock.nowMs) };
}
