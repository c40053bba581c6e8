/**
 * Puts changed client folders in place, each by itself: a client whose folder or contract is invalid keeps its last good
 * one, and the others change.
 */

import type { ClientConfig } from '../config/client/client-file.ts';
import type { Contract } from '../pipeline/contract.ts';
import { errorText } from '../shared/error-text.ts';
import { isGatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import { Poller } from '../shared/poller.ts';
import { ClientDirectory, type DirectoryOptions } from './client-directory.ts';
import type { ClientSource, ReadClients } from './client-source.ts';

/** The clients that are configured now. */
export interface Clients {
  readonly directory: ClientDirectory;
  /** Clients whose folders are invalid: those that are in the directory are served as they were before. */
  readonly refused: readonly string[];
}

export interface ClientReloadOptions {
  readonly source: ClientSource;
  readonly inUse: Clients;
  readonly config: DirectoryOptions;
  /** Rejects with the reason if the contract does not hold for the graph in place. */
  readonly checkContract: (contract: Contract) => Promise<void>;
  readonly replace: (next: Clients) => Promise<void>;
  readonly events: Events;
  /** Between two polls. 0: no polling. */
  readonly intervalMs: number;
}

export class ClientReload {
  readonly #options: ClientReloadOptions;
  readonly #poller: Poller;
  #inUse: Clients;
  /** Of refused clients. */
  #reasons: ReadonlyMap<string, string> = new Map();

  constructor(options: ClientReloadOptions) {
    this.#options = options;
    this.#inUse = options.inUse;
    this.#poller = new Poller({
      poll: () => this.#look((source) => source.readIfChanged()),
      waitMs: () => options.intervalMs,
    });
  }

  /** Reads the folders again, changed or not. Settles when they are in place or refused. */
  now(): Promise<void> {
    return this.#poller.run(() => this.#look((source) => source.read()));
  }

  close(): Promise<void> {
    return this.#poller.close();
  }

  async #look(read: (source: ClientSource) => Promise<ReadClients | undefined>): Promise<void> {
    const { source, events } = this.#options;
    try {
      const clients = await read(source);
      if (clients) await this.#put(clients);
    } catch (error) {
      events.emit('clientRefused', { client: null, error });
    }
  }

  async #put(clients: ReadClients): Promise<void> {
    const { events } = this.#options;
    const before = new Map(this.#inUse.directory.configs.map((config) => [config.name, config]));
    const refused = new Map<string, unknown>();
    const unchanged: ClientConfig[] = [];
    const changed: ClientConfig[] = [];
    for (const [name, config] of clients) {
      const previous = before.get(name);
      if (isGatewayError(config)) refused.set(name, config);
      if (previous && (isGatewayError(config) || isEqual(previous, config))) unchanged.push(previous);
      else if (!isGatewayError(config)) changed.push(config);
    }
    const removed = [...before.keys()].filter((name) => !clients.has(name));
    const { directory, accepted } = await this.#accept(unchanged, changed, refused);
    await this.#replace({ directory, refused: [...refused.keys()] });
    this.#reportRefused(refused);
    if (accepted.length > 0 || removed.length > 0)
      events.emit('clientsReplaced', { changed: accepted, removed });
  }

  /** Each refusal once, however often other clients change meanwhile. */
  #reportRefused(refused: ReadonlyMap<string, unknown>): void {
    const reasons = new Map([...refused].map(([client, error]) => [client, errorText(error)]));
    for (const [client, error] of refused) {
      if (this.#reasons.get(client) !== reasons.get(client))
        this.#options.events.emit('clientRefused', { client, error });
    }
    this.#reasons = reasons;
  }

  async #replace(next: Clients): Promise<void> {
    await this.#options.replace(next);
    this.#inUse = next;
  }

  /** One by one, so that one client's mistake does not keep the others from changing. Adds to `refused`. */
  async #accept(
    unchanged: readonly ClientConfig[],
    changed: readonly ClientConfig[],
    refused: Map<string, unknown>,
  ): Promise<{ readonly directory: ClientDirectory; readonly accepted: readonly string[] }> {
    const { checkContract, config: options } = this.#options;
    const before = new Map(this.#inUse.directory.configs.map((config) => [config.name, config]));
    const previous = changed.flatMap(({ name }) => before.get(name) ?? []);
    let directory = new ClientDirectory([...unchanged, ...previous], options);
    const accepted: string[] = [];
    for (const client of changed) {
      try {
        const others = directory.configs.filter(({ name }) => name !== client.name);
        const next = new ClientDirectory([...others, client], options);
        if (client.contract.id !== before.get(client.name)?.contract.id) await checkContract(client.contract);
        directory = next;
        accepted.push(client.name);
      } catch (error) {
        refused.set(client.name, error);
      }
    }
    return { directory, accepted };
  }
}

function isEqual(one: ClientConfig, other: ClientConfig): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
