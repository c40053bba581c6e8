import { expect, it } from 'vitest';

import { Restarts } from './restarts.ts';

it('restarts a worker that served for a while at once', () => {
  expect(new Restarts().afterEnd(5000)).toBe(0);
});

it('backs off while a worker dies at startup, up to a limit, until one stays alive', () => {
  const restarts = new Restarts();
  const waitsMs = Array.from({ length: 9 }, () => restarts.afterEnd(0));
  expect(waitsMs).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  expect(restarts.afterEnd(2000)).toBe(0);
  expect(restarts.afterEnd(1999)).toBe(250);
});
