/** Builds what recognizes clients, and what puts changed client folders in place. */

import { ClientDirectory } from '../clients/client-directory.ts';
import { ClientReload, type Clients } from '../clients/client-reload.ts';
import { allValid, ClientSource } from '../clients/client-source.ts';
import { createRecognize, type Recognize } from '../clients/recognize.ts';
import { ownLimitsCheck } from '../limits/own-limits.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Environment } from '../config/yaml/environment.ts';
import { anyClient } from '../pipeline/client.ts';
import type { Contract } from '../pipeline/contract.ts';
import type { Events } from '../shared/events.ts';

/** Holds the clients that are configured now: changed folders replace them. */
export interface ClientsInUse {
  current: Clients;
  /** Looked at for changes. A worker process has none: it is told. */
  readonly source?: ClientSource;
}

/**
 * @returns null if no clients are configured.
 * @throws {GatewayError} `CONFIG_INVALID` with the mistakes of all clients.
 */
export async function readClients(
  { clients, limits }: Pick<GatewayConfig, 'clients' | 'limits'>,
  environment?: Environment,
): Promise<ClientsInUse | null> {
  if (!clients) return null;
  const source = new ClientSource(clients.folder, { environment, check: ownLimitsCheck(limits) });
  const directory = new ClientDirectory(allValid(await source.read()), clients);
  return { current: { directory, refused: [] }, source };
}

export function recognizeBy(clients: ClientsInUse | null, events: Events): Recognize {
  return clients ? createRecognize(() => clients.current.directory, events) : () => anyClient;
}

/** What serves the clients: a gateway, or the worker processes. */
export interface ServesClients {
  readonly events: Events;
  /** Rejects with the reason if the contract does not hold for the graph in place. */
  checkContract(contract: Contract): Promise<void>;
  replaceClients(next: Clients): Promise<void>;
}

/** @returns null if there is nothing to look at. */
export function clientReloadFor(
  inUse: ClientsInUse | null,
  served: ServesClients,
  { clients, reload }: GatewayConfig,
): ClientReload | null {
  if (!inUse?.source || !clients) return null;
  return new ClientReload({
    source: inUse.source,
    inUse: inUse.current,
    config: clients,
    checkContract: (contract) => served.checkContract(contract),
    replace: (next) => served.replaceClients(next),
    events: served.events,
    intervalMs: reload.filePollMs,
  });
}
