/** The prepared operations of one supergraph with this gateway's limits: guard, planning quota, sizes. */

import type { GatewayConfig } from '../config/gateway-config.ts';
import type { PreparedOperation } from '../pipeline/prepared.ts';
import { monotonicClock } from '../shared/clock.ts';
import { assertWithinLimits } from './guard/guard.ts';
import type { PlanningQuota } from './planning-quota.ts';
import { PreparedOperations, type PreparedOperationsOptions } from './prepared-operations.ts';

export function openOperations<Executable extends { readonly prepared: PreparedOperation }>(
  { limits, authorization }: GatewayConfig,
  quota: PlanningQuota,
  parts: Pick<PreparedOperationsOptions<Executable>, 'prepare' | 'compile' | 'labels'>,
): PreparedOperations<Executable> {
  return new PreparedOperations<Executable>({
    ...parts,
    admit({ context, request }) {
      assertWithinLimits(request.query, limits);
      quota.check(context.clientAddress);
    },
    onPrepared: ({ context }, tookMs) => quota.spend(context.clientAddress, tookMs),
    now: monotonicClock,
    entriesMax: limits.preparedOperationsMax,
    bytesMax: limits.preparedOperationsBytesMax,
    variantsMax: authorization.variantsMax,
  });
}
