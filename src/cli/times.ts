/** Parses times and durations given as flags. */

import { UsageError } from './arguments.ts';

const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** A hundred years: more is a typing mistake, and could exceed the range of Date. */
const durationMsMax = 36_525 * 86_400_000;

/** `90d`, `24h`, `30m`, `45s` or `0`. @throws {UsageError} */
export function readDuration(text: string, flag: string): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms = text === '0' ? 0 : Number(count) * (unitsMs[unit ?? ''] ?? Number.NaN);
  if (ms >= 0 && ms <= durationMsMax) return ms;
  throw new UsageError(`${flag} must be a duration such as 90d, 24h, 30m or 45s, got "${text}"`);
}

/** Rounded up to seconds, in the two largest units: `42s`, `5m`, `1h 30m`, `2d 3h`. */
export function durationText(ms: number): string {
  let seconds = Math.ceil(ms / 1000);
  const parts: string[] = [];
  for (const [unit, unitMs] of Object.entries(unitsMs).toReversed()) {
    const count = Math.floor((seconds * 1000) / unitMs);
    seconds -= (count * unitMs) / 1000;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.length === 0 ? '0s' : parts.slice(0, 2).join(' ');
}

const date = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** An ISO 8601 date, which means midnight UTC, or an ISO 8601 time with its zone. @throws {UsageError} */
export function readTime(text: string, flag: string): number {
  const ms = date.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  throw new UsageError(`${flag} must be a time such as 2026-01-31 or 2026-01-31T12:00:00Z, got "${text}"`);
}

/** An expiry: a time, a duration from now, or `never`, for which it returns null. @throws {UsageError} */
export function readExpiry(text: string, flag: string, nowMs: number): number | null {
  if (text === 'never') return null;
  const ms = /^\d+[smhd]$/.test(text)
    ? nowMs + readDuration(text, flag)
    : date.test(text)
      ? Date.parse(text)
      : NaN;
  if (ms > nowMs) return ms;
  if (Number.isNaN(ms))
    throw new UsageError(
      `${flag} must be a duration such as 90d or 24h, a date such as 2027-01-31, or never, got "${text}"`,
    );
  throw new UsageError(`${flag} must be in the future, got "${text}"`);
}
