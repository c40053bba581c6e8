/** The rows of `tributary limits show`. Pure. */

import type { StoredCounter } from '../limits/shared/stored-counters.ts';
import { tableOf } from './table.ts';
import { durationText } from './times.ts';

export function counterRows(counters: readonly StoredCounter[]): {
  readonly json: readonly StoredCounter[];
  readonly table: string;
} {
  const json = counters.toSorted(
    (a, b) => a.policy.localeCompare(b.policy) || b.used - a.used || a.key.localeCompare(b.key),
  );
  const rows = json.map(({ policy, key, algorithm, windowMs, used, resetMs }) => [
    policy,
    key,
    `${durationText(windowMs)}${algorithm === 'gcra' ? ' (gcra)' : ''}`,
    String(used),
    durationText(resetMs),
  ]);
  return { json, table: tableOf([['POLICY', 'KEY', 'WINDOW', 'USED', 'RESETS IN'], ...rows]) };
}
