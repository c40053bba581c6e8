import { expect, it } from 'vitest';

import { Restarts } from './restarts.ts';

it('replaces a worker that served for a while at once', () => {
  expect(new Restarts().afterEnd(5000)).toBe(0);
});

it('waits longer and longer for one that dies at once, up to a limit, and forgets that once one lives', () => {
  const restarts = new Restarts();
  const waitsMs = Array.from({ length: 9 }, () => restarts.afterEnd(0));
  expect(waitsMs).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  expect(restarts.afterEnd(2000)).toBe(0);
  expect(restarts.afterEnd(1999)).toBe(250);
});
