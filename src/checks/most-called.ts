/** The order in which operations are named: broken ones first, then those called most. */

import type { OperationImpact } from './report.ts';

export function mostCalledFirst(impacts: readonly OperationImpact[]): OperationImpact[] {
  return impacts.toSorted((one, other) => {
    const byLevel = Number(other.level === 'broken') - Number(one.level === 'broken');
    return byLevel || (other.operation.calls ?? 0) - (one.operation.calls ?? 0);
  });
}
