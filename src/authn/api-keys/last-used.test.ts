import { expect, it, vi } from 'vitest';

import { LastUsed } from './last-used.ts';

function given(write: (used: ReadonlyMap<string, number>) => Promise<readonly string[]>) {
  const written: Array<Record<string, number>> = [];
  const failures: string[] = [];
  const lastUsed = new LastUsed({
    intervalMs: 1000,
    keysMax: 3,
    random: () => 1,
    write(used) {
      written.push(Object.fromEntries(used));
      return write(used);
    },
    onFailure: (reason) => failures.push(reason),
  });
  return { lastUsed, written, failures };
}

const settled = (used: ReadonlyMap<string, number>) => Promise.resolve([...used.keys()]);

it('is written once for many uses, the latest of each key', async () => {
  vi.useFakeTimers();
  const { lastUsed, written } = given(settled);
  for (let i = 1; i <= 100; i += 1) lastUsed.note(i % 2 === 0 ? 'a' : 'b', i);
  expect(written).toEqual([]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(written).toEqual([{ a: 100, b: 99 }]);
  vi.useRealTimers();
});

it('is kept for the next time where it cannot be written, and that is said once', async () => {
  vi.useFakeTimers();
  let isBroken = true;
  const { lastUsed, written, failures } = given((used) =>
    isBroken ? Promise.reject(new Error('read-only')) : settled(used),
  );
  lastUsed.note('a', 1);
  await vi.advanceTimersByTimeAsync(3000);
  expect(written).toEqual([{ a: 1 }, { a: 1 }, { a: 1 }]);
  expect(failures).toEqual(['read-only']);
  isBroken = false;
  await vi.advanceTimersByTimeAsync(5000);
  expect(written).toHaveLength(4);
  vi.useRealTimers();
});

it('of more keys than it keeps, the rest is forgotten', async () => {
  const { lastUsed, written } = given(settled);
  for (const id of ['a', 'b', 'c', 'd', 'a']) lastUsed.note(id, 1);
  await lastUsed.close();
  expect(written).toEqual([{ a: 1, b: 1, c: 1 }]);
});

it('a use while it is being written is not lost', async () => {
  let finish = (): void => {};
  const { lastUsed, written } = given(
    (used) => new Promise((resolve) => (finish = () => resolve([...used.keys()]))),
  );
  vi.useFakeTimers();
  lastUsed.note('a', 1);
  await vi.advanceTimersByTimeAsync(1000);
  lastUsed.note('a', 2);
  finish();
  await vi.advanceTimersByTimeAsync(1000);
  finish();
  await vi.advanceTimersByTimeAsync(1000);
  expect(written).toEqual([{ a: 1 }, { a: 2 }]);
  vi.useRealTimers();
});
