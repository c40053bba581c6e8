import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Poller } from './poller.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function pollerWith(waitsMs: readonly number[], lookMs = 0) {
  const looks: string[] = [];
  let waits = 0;
  const poller = new Poller({
    look: async () => {
      looks.push('begun');
      await new Promise((resolve) => setTimeout(resolve, lookMs));
      looks.push('over');
    },
    waitMs: () => waitsMs[waits++] ?? 0,
  });
  return { poller, looks };
}

it('looks again after each wait, and asks how long the next one is', async () => {
  const { looks } = pollerWith([100, 300]);
  await vi.advanceTimersByTimeAsync(150);
  expect(looks).toEqual(['begun', 'over']);
  await vi.advanceTimersByTimeAsync(200);
  expect(looks).toEqual(['begun', 'over']);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(looks).toEqual(['begun', 'over', 'begun', 'over']);
});

it('does one thing at a time', async () => {
  const { poller, looks } = pollerWith([100], 50);
  await vi.advanceTimersByTimeAsync(100);
  const asked = poller.next(() => Promise.resolve(void looks.push('asked')));
  expect(looks).toEqual(['begun']);
  await vi.advanceTimersByTimeAsync(50);
  await asked;
  expect(looks).toEqual(['begun', 'over', 'asked']);
});

it('is closed once the look that is under way is over, and does nothing afterwards', async () => {
  const { poller, looks } = pollerWith([100, 100, 100], 50);
  await vi.advanceTimersByTimeAsync(100);
  const closed = poller.close().then(() => looks.push('closed'));
  const late = poller.next(() => Promise.resolve(void looks.push('late')));
  await vi.advanceTimersByTimeAsync(10_000);
  await Promise.all([closed, late]);
  expect(looks).toEqual(['begun', 'over', 'closed']);
});
