/** Plain JavaScript numbers for user code that calculates, such as rules and masks of a policy. */

import { ExactNumber } from './exact-number.ts';
import { recordOf } from './records.ts';

/** Replaces each `ExactNumber` by an equal JavaScript number, if there is one. Unchanged parts are not copied. */
export function withPlainNumbers<Value>(value: Value): Value {
  return plain(value) as Value;
}

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof ExactNumber) return value.plain();
  if (Array.isArray(value)) {
    const items = value.map(plain);
    return items.some((item, i) => item !== value[i]) ? items : value;
  }
  const before = Object.entries(value);
  const after = before.map(([name, inner]) => [name, plain(inner)] as const);
  const isSame = after.every(([, inner], i) => inner === before[i]?.[1]);
  return isSame ? value : recordOf(after);
}
