import { isDate } from '../../shared/dates.ts';

/**
 * Since when an element is deprecated, by the reason of its deprecation: `Use total, since 2026-09-01`. Null: it does not
 * say so.
 */
export function deprecationDate(reason: string): string | null {
  const date = /\bsince:?\s+(\d{4}-\d{2}-\d{2})(?!\w)/i.exec(reason)?.[1];
  return date !== undefined && isDate(date) ? date : null;
}
