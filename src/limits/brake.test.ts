import { describe, expect, it } from 'vitest';

import { Brake } from './brake.ts';

function given() {
  let nowMs = 0;
  const brake = new Brake({
    failuresMax: 4,
    windowMs: 1000,
    factor: 10,
    networksMax: 2,
    now: () => nowMs,
  });
  return {
    brake,
    pass: (ms: number) => (nowMs += ms),
    answered: (network: string, ...statuses: number[]): void => {
      for (const status of statuses) brake.answered(network, status);
    },
  };
}

describe('the brake', () => {
  it('holds a network whose requests fail, by 400, 401 and 403 alone', () => {
    const { brake, answered } = given();
    answered('a', 400, 401, 403);
    expect(brake.costOf('a')).toBe(1);
    answered('a', 401);
    expect(brake.costOf('a')).toBe(10);
    answered('b', 500, 429, 404, 503, 200, 200);
    expect(brake.costOf('b')).toBe(1);
  });

  it('does not hold one where most requests succeed', () => {
    const { brake, answered } = given();
    answered('a', 401, 200, 200, 401, 200, 200, 401, 200, 200, 401);
    expect(brake.costOf('a')).toBe(1);
    answered('a', 401, 401);
    expect(brake.costOf('a')).toBe(10);
  });

  it('counts within a window', () => {
    const { brake, answered, pass } = given();
    answered('a', 401, 401);
    pass(1000);
    answered('a', 401, 401);
    expect(brake.costOf('a')).toBe(1);
  });

  it('lets go after a window in which most requests succeeded, or none came', () => {
    const { brake, answered, pass } = given();
    answered('a', 401, 401, 401, 401);
    pass(1000);
    // It was failing until the end of the last window.
    expect(brake.costOf('a')).toBe(10);
    answered('a', 200, 200, 401);
    pass(1000);
    expect(brake.costOf('a')).toBe(1);
    answered('b', 401, 401, 401, 401);
    pass(2000);
    expect(brake.costOf('b')).toBe(1);
  });

  it('holds on to a network that sends so much that most of it is over a limit', () => {
    const { brake, answered, pass } = given();
    answered('a', 401, 401, 401, 401, ...Array<number>(20).fill(429));
    pass(1000);
    expect(brake.costOf('a')).toBe(10);
  });

  it('keeps a bounded number of networks', () => {
    const { brake, answered } = given();
    answered('a', 401, 401, 401, 401);
    answered('b', 401);
    answered('c', 401);
    expect(brake.costOf('a')).toBe(1);
  });
});
