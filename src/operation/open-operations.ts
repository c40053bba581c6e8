/** Creates the cache of prepared operations of one supergraph with the limits of the configuration. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { PreparedOperation } from '../pipeline/prepared.ts';
import { assertWithinLimits } from './guard/guard.ts';
import { PreparedOperations, type PreparedOperationsOptions } from './prepared-operations.ts';
import { WaitingRequests } from './waiting-requests.ts';

export function openOperations<Executable extends { readonly prepared: PreparedOperation }>(
  { limits, authorization }: GatewayConfig,
  dependencies: Pick<PreparedOperationsOptions<Executable>, 'prepare' | 'compile' | 'labels' | 'waiting'>,
): PreparedOperations<Executable> {
  return new PreparedOperations<Executable>({
    ...dependencies,
    admit: ({ request }) => assertWithinLimits(request.query, limits),
    entriesMax: limits.preparedOperationsMax,
    bytesMax: limits.preparedOperationsBytesMax,
    variantsMax: authorization.variantsMax,
  });
}

/** One for all supergraphs: requests may still wait for a supergraph that is being replaced. */
export function openWaiting({ limits }: Pick<GatewayConfig, 'limits'>): WaitingRequests {
  return new WaitingRequests({
    perClientMax: limits.planningPendingPerClientMax,
    max: limits.planningPendingMax,
    bytesMax: limits.planningPendingBytesMax,
  });
}
