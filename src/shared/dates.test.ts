import { expect, it } from 'vitest';

import { dateOf, daysAfter, daysBetween, isDate } from './dates.ts';

it.each([
  ['2026-11-29', true],
  ['2028-02-29', true],
  ['2026-02-29', false],
  ['2026-13-01', false],
  ['2026-00-10', false],
  ['2026-1-1', false],
  ['2026-11-29T00:00:00Z', false],
  ['0000-01-01', true],
  ['', false],
])('isDate(%j) is %s', (text, expected) => expect(isDate(text)).toBe(expected));

it('counts days over the ends of months and the change of clocks', () => {
  expect(daysBetween('2026-02-27', '2026-03-01')).toBe(2);
  expect(daysBetween('2026-03-28', '2026-03-30')).toBe(2);
  expect(daysBetween('2026-11-29', '2026-11-28')).toBe(-1);
  expect(daysAfter('2026-12-31', 1)).toBe('2027-01-01');
  expect(dateOf(new Date('2026-11-29T23:59:59.999Z'))).toBe('2026-11-29');
});
