/** The prepared operations of one supergraph with this gateway's limits: guard, requests that wait, sizes. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { PreparedOperation } from '../pipeline/prepared.ts';
import { assertWithinLimits } from './guard/guard.ts';
import { PreparedOperations, type PreparedOperationsOptions } from './prepared-operations.ts';
import { WaitingRequests } from './waiting-requests.ts';

export function openOperations<Executable extends { readonly prepared: PreparedOperation }>(
  { limits, authorization }: GatewayConfig,
  parts: Pick<PreparedOperationsOptions<Executable>, 'prepare' | 'compile' | 'labels' | 'waiting'>,
): PreparedOperations<Executable> {
  return new PreparedOperations<Executable>({
    ...parts,
    admit: ({ request }) => assertWithinLimits(request.query, limits),
    entriesMax: limits.preparedOperationsMax,
    bytesMax: limits.preparedOperationsBytesMax,
    variantsMax: authorization.variantsMax,
  });
}

/** One for all supergraphs, because requests may wait for one while another takes its place. */
export function openWaiting({ limits }: Pick<GatewayConfig, 'limits'>): WaitingRequests {
  return new WaitingRequests({
    perClientMax: limits.planningPendingPerClientMax,
    max: limits.planningPendingMax,
    bytesMax: limits.planningPendingBytesMax,
  });
}
