import { expect, it } from 'vitest';

import { clusterSlotOf } from './cluster-slot.ts';

/** What CLUSTER KEYSLOT of Redis answers. */
it.each([
  ['123456789', 12_739],
  ['', 0],
  ['foo', 12_182],
  ['{foo}bar', 12_182],
  ['bar{foo}', 12_182],
  ['foo{}{bar}', 8363],
  ['foo{{bar}}zap', 4015],
  ['foo{bar}{zap}', 5061],
  ['foo{bar', 15_278],
])('%o is in slot %d', (key, slot) => {
  expect(clusterSlotOf(key)).toBe(slot);
});
