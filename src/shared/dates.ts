/** Calendar days in UTC, as ISO 8601 dates such as `2026-11-29`. */

const dayMs = 86_400_000;

/** Whether the text is a day of the calendar: `2026-02-30` is none. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && dateOf(new Date(time)) === text;
}

export function dateOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** Negative if the second is before the first. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / dayMs);
}

export function daysAfter(date: string, days: number): string {
  return dateOf(new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs));
}
