import { expect, it } from 'vitest';

import { Quarantine } from './quarantine.ts';

it('keeps an operation out for longer each time, up to the longest', () => {
  const { quarantine, clock } = given();
  const lengths = Array.from({ length: 6 }, () => {
    quarantine.add('slow');
    const lengthMs = quarantine.remainingMs('slow');
    clock.nowMs += lengthMs;
    return lengthMs;
  });
  expect(lengths).toEqual([10, 20, 40, 80, 100, 100]);
  expect(quarantine.remainingMs('slow')).toBe(0);
  expect(quarantine.remainingMs('other')).toBe(0);
});

it.each([
  ['at once', 0, 100],
  ['after one time as long', 100, 80],
  ['after two times', 200, 40],
  ['after a long time', 100_000, 10],
])('is shorter again the longer nobody asked: %s', (_when, quietMs, expectedMs) => {
  const { quarantine, clock } = given();
  for (const _ of Array(4)) quarantine.add('slow');
  expect(quarantine.remainingMs('slow')).toBe(80);
  clock.nowMs += 80 + (quietMs * 80) / 100;
  quarantine.add('slow');
  expect(quarantine.remainingMs('slow')).toBe(expectedMs);
});

it('forgets an operation that was planned in time', () => {
  const { quarantine, clock } = given();
  for (const _ of Array(4)) quarantine.add('slow');
  clock.nowMs += 80;
  quarantine.forgive('slow');
  quarantine.add('slow');
  expect(quarantine.remainingMs('slow')).toBe(10);
});

it('says how long an operation must still wait', () => {
  const { quarantine, clock } = given();
  quarantine.add('slow');
  clock.nowMs += 4;
  expect(quarantine.remainingMs('slow')).toBe(6);
  clock.nowMs += 100;
  expect(quarantine.remainingMs('slow')).toBe(0);
});

it('begins anew, twice as long, for an operation that is slow again while it waits', () => {
  const { quarantine, clock } = given();
  quarantine.add('slow');
  clock.nowMs += 4;
  quarantine.add('slow');
  expect(quarantine.remainingMs('slow')).toBe(20);
});

it('counts each operation by itself, whatever its key', () => {
  const { quarantine } = given();
  for (const key of ['__proto__', '__proto__', 'constructor']) quarantine.add(key);
  expect(['__proto__', 'constructor', 'toString'].map((key) => quarantine.remainingMs(key))).toEqual([
    20, 10, 0,
  ]);
});

it('forgets those that nobody asked for the longest, beyond as many as it may keep', () => {
  const { quarantine } = given();
  for (let i = 0; i < 10; i += 1) quarantine.add(`slow${i}`);
  expect(quarantine.remainingMs('slow0')).toBe(10);
  quarantine.add('slow10');
  expect(['slow0', 'slow1', 'slow2', 'slow10'].map((key) => quarantine.remainingMs(key))).toEqual([
    10, 0, 10, 10,
  ]);
});

function given() {
  const clock = { nowMs: 0 };
  const quarantine = new Quarantine({ firstMs: 10, longestMs: 100, entriesMax: 10 }, () => clock.nowMs);
  return { clock, quarantine };
}
