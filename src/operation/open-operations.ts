/** Creates the cache of prepared operations of one supergraph with the limits of the configuration. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { PreparedOperation } from '../pipeline/prepared.ts';
import type { Events } from '../shared/events.ts';
import { documentGuard } from './guard/document-guard.ts';
import { PreparedOperations, type PreparedOperationsOptions } from './prepared-operations.ts';
import { ShapedDocuments } from './shapes/shaped-documents.ts';
import { WaitingRequests } from './waiting-requests.ts';

interface OperationDependencies<Executable extends { readonly prepared: PreparedOperation }> extends Pick<
  PreparedOperationsOptions<Executable>,
  'prepare' | 'compile' | 'labels' | 'waiting'
> {
  readonly events: Events;
}

export function openOperations<Executable extends { readonly prepared: PreparedOperation }>(
  { limits, authorization, planning }: GatewayConfig,
  { events, ...dependencies }: OperationDependencies<Executable>,
): PreparedOperations<Executable> {
  return new PreparedOperations<Executable>({
    ...dependencies,
    admit: documentGuard(limits, events),
    onLookUp: (found) => events.emit('operationLookedUp', { found }),
    onPrepared({ read: { context, request }, operation }) {
      const { locals } = context;
      events.emit('operationPrepared', { locals, document: request.query, operation: operation.prepared });
    },
    documents: planning.shareLiterals
      ? new ShapedDocuments({
          limits,
          entriesMax: limits.literalDocumentsMax,
          bytesMax: limits.literalDocumentsBytesMax,
        })
      : null,
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
