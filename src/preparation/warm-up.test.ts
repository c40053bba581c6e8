import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { WarmUp } from './warm-up.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** @returns What was prepared, each in 20 ms of processor time. */
function warmedUp(asked: number, failsAt = Infinity): string[] {
  const prepared: string[] = [];
  const warmUp = new WarmUp({
    samples: () => Array.from({ length: 100 }, (_, n) => `{ n${n} }`).values(),
    clocks: { cpu: () => prepared.length * 20 },
    prepare(query) {
      prepared.push(query);
      if (prepared.length >= failsAt) throw new Error('took too long');
    },
  });
  for (let n = 0; n < asked; n += 1) warmUp.asked();
  vi.advanceTimersByTime(400);
  expect(prepared).toEqual([]);
  vi.runAllTimers();
  return prepared;
}

it('prepares samples until they have used their processor time', () => {
  expect(warmedUp(3)).toHaveLength(13);
});

it('does nothing where clients ask', () => expect(warmedUp(10)).toEqual([]));

it('ends where a sample takes too long', () => expect(warmedUp(0, 2)).toHaveLength(2));
