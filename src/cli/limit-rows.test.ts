import { expect, it } from 'vitest';

import type { StoredCounter } from '../limits/shared/stored-counters.ts';
import { counterRows } from './limit-rows.ts';

const counter: StoredCounter = {
  policy: 'tier',
  key: 'first',
  algorithm: 'window',
  windowMs: 60_000,
  used: 7,
  resetMs: 41_500,
};

it('the most used counter of a policy comes first', () => {
  const { json, table } = counterRows([
    counter,
    { ...counter, key: 'second', used: 90 },
    { ...counter, policy: 'burst', algorithm: 'gcra', windowMs: 3_600_000, used: 3, resetMs: 180_000 },
  ]);
  expect(table).toBe(
    [
      'POLICY  KEY     WINDOW     USED  RESETS IN',
      'burst   first   1h (gcra)  3     3m',
      'tier    second  1m         90    42s',
      'tier    first   1m         7     42s',
    ].join('\n'),
  );
  expect(json.map(({ used }) => used)).toEqual([3, 90, 7]);
});
