import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Poller } from './poller.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function pollerWith(waitsMs: readonly number[], pollMs = 0) {
  const log: string[] = [];
  let waits = 0;
  const poller = new Poller({
    poll: async () => {
      log.push('begun');
      await new Promise((resolve) => setTimeout(resolve, pollMs));
      log.push('over');
    },
    waitMs: () => waitsMs[waits++] ?? 0,
  });
  return { poller, log };
}

it('polls again after each wait', async () => {
  const { log } = pollerWith([100, 300]);
  await vi.advanceTimersByTimeAsync(150);
  expect(log).toEqual(['begun', 'over']);
  await vi.advanceTimersByTimeAsync(200);
  expect(log).toEqual(['begun', 'over']);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(log).toEqual(['begun', 'over', 'begun', 'over']);
});

it('runs one piece of work at a time', async () => {
  const { poller, log } = pollerWith([100], 50);
  await vi.advanceTimersByTimeAsync(100);
  const work = poller.run(() => Promise.resolve(void log.push('work')));
  expect(log).toEqual(['begun']);
  await vi.advanceTimersByTimeAsync(50);
  await work;
  expect(log).toEqual(['begun', 'over', 'work']);
});

it('closes once the current poll has ended, and does nothing afterwards', async () => {
  const { poller, log } = pollerWith([100, 100, 100], 50);
  await vi.advanceTimersByTimeAsync(100);
  const closed = poller.close().then(() => log.push('closed'));
  const late = poller.run(() => Promise.resolve(void log.push('late')));
  await vi.advanceTimersByTimeAsync(10_000);
  await Promise.all([closed, late]);
  expect(log).toEqual(['begun', 'over', 'closed']);
});
