import { expect, it } from 'vitest';

import { durationText, readDuration, readExpiry, readTime } from './times.ts';

const nowMs = Date.parse('2026-06-01T00:00:00Z');

it.each([
  ['90d', 7_776_000_000],
  ['24h', 86_400_000],
  ['30m', 1_800_000],
  ['45s', 45_000],
  ['0', 0],
])('%s is a duration', (text, ms) => {
  expect(readDuration(text, '--grace')).toBe(ms);
});

it.each(['', '1 day', '90', '-1d', '1w', '1.5h', '999999999d', '1e3s'])('%j is not a duration', (text) => {
  expect(() => readDuration(text, '--grace')).toThrow('--grace must be a duration such as 90d');
});

it.each([
  [0, '0s'],
  [1, '1s'],
  [41_500, '42s'],
  [59_001, '1m'],
  [3_600_000, '1h'],
  [5_425_000, '1h 30m'],
  [86_400_000, '1d'],
  [183_600_000, '2d 3h'],
  [86_405_000, '1d 5s'],
])('%d ms are %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

it('a time is a date, or a time with its zone', () => {
  expect(readTime('2026-06-01', '--at')).toBe(nowMs);
  expect(readTime('2026-06-01T02:00:00+02:00', '--at')).toBe(nowMs);
  for (const text of ['1', '2026-13-01', '2026-06-01T00:00', 'June 1', '20260601'])
    expect(() => readTime(text, '--at')).toThrow('--at must be a time such as');
});

it('an expiry is a duration from now, a time in the future, or never', () => {
  expect(readExpiry('1h', '--expires', nowMs)).toBe(nowMs + 3_600_000);
  expect(readExpiry('2027-01-01', '--expires', nowMs)).toBe(Date.parse('2027-01-01T00:00:00Z'));
  expect(readExpiry('never', '--expires', nowMs)).toBeNull();
  for (const text of ['2026-06-01', '0', '0d'])
    expect(() => readExpiry(text, '--expires', nowMs)).toThrow(
      /in the future|a duration such as 90d or 24h, a date such as 2027-01-31, or never, got/,
    );
});
