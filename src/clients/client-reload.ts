/**
 * Puts changed client folders in place, each by itself: a client whose folder or contract is invalid keeps its last good
 * one, and the others change.
 */

import { anonymousClient } from '../config/client/client-folders.ts';
import type { ClientConfig } from '../config/client/client-file.ts';
import type { Contract } from '../pipeline/contract.ts';
import { errorText } from '../shared/error-text.ts';
import { GatewayError, isGatewayError } from '../shared/errors.ts';
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
  /** Clients in place whose contracts do not hold for the graph in place, and why. */
  #broken: ReadonlyMap<string, unknown> = new Map();
  /** Of refused clients; by null, of the folder of clients as a whole. */
  #reasons: ReadonlyMap<string | null, string> = new Map();
  /** What was read last is not in place. */
  #isOutstanding = false;
  readonly #stopListening: () => void;

  constructor(options: ClientReloadOptions) {
    this.#options = options;
    this.#inUse = options.inUse;
    this.#poller = new Poller({
      poll: () => this.#look((source) => (this.#isOutstanding ? source.read() : source.readIfChanged())),
      waitMs: () => options.intervalMs,
    });
    // A contract that did not hold may hold for the new graph.
    this.#stopListening = options.events.on('graphReplaced', () => {
      if (this.#inUse.refused.length > 0) void this.now();
      void this.#poller.run(() => this.#checkAll());
    });
    void this.#poller.run(() => this.#checkAll());
  }

  /** Reads the folders again, changed or not. Settles when they are in place or refused. */
  now(): Promise<void> {
    return this.#poller.run(() => this.#look((source) => source.read()));
  }

  close(): Promise<void> {
    this.#stopListening();
    return this.#poller.close();
  }

  async #look(read: (source: ClientSource) => Promise<ReadClients | undefined>): Promise<void> {
    try {
      const clients = await read(this.#options.source);
      if (clients) await this.#put(clients);
      else if (this.#reasons.has(null)) this.#reportRefused(without(this.#reasons, null));
      this.#isOutstanding = false;
    } catch (error) {
      this.#isOutstanding = true;
      this.#reportRefused(new Map<string | null, unknown>([...this.#reasons, [null, error]]));
    }
  }

  /** The contracts of clients in place, at the start and for each new graph. No request waits for it. */
  async #checkAll(): Promise<void> {
    const broken = new Map<string, unknown>();
    for (const { name, contract } of this.#inUse.directory.configs) {
      await this.#options.checkContract(contract).catch((error: unknown) => {
        if (isBroken(error)) {
          broken.set(name, error);
          this.#options.events.emit('clientRefused', { client: name, error });
        } else if (this.#broken.has(name)) {
          broken.set(name, this.#broken.get(name));
        }
      });
    }
    this.#broken = broken;
    const invalid = [...this.#reasons.keys()].filter((name) => name !== null);
    const refused = [...new Set([...invalid, ...broken.keys()])];
    if (refused.join() !== this.#inUse.refused.join()) await this.#replace({ ...this.#inUse, refused });
  }

  async #put(clients: ReadClients): Promise<void> {
    const before = byName(this.#inUse.directory.configs);
    const refused = new Map<string, unknown>();
    const unchanged: ClientConfig[] = [];
    const changed: ClientConfig[] = [];
    for (const [name, config] of withAnonymous(clients, before)) {
      const previous = before.get(name);
      if (isGatewayError(config)) refused.set(name, config);
      if (previous && (isGatewayError(config) || isEqual(previous, config))) unchanged.push(previous);
      else if (!isGatewayError(config)) changed.push(config);
    }
    const { directory, accepted } = await this.#accept(unchanged, changed, refused);
    const isThere = byName(directory.configs);
    const removed = [...before.keys()].filter((name) => !isThere.has(name));
    for (const name of [...removed, ...accepted]) this.#broken = without(this.#broken, name);
    await this.#replace({ directory, refused: [...new Set([...refused.keys(), ...this.#broken.keys()])] });
    this.#reportRefused(refused);
    if (accepted.length > 0 || removed.length > 0)
      this.#options.events.emit('clientsReplaced', { changed: accepted, removed });
  }

  /** Each refusal once, however often other clients change meanwhile. */
  #reportRefused(refused: ReadonlyMap<string | null, unknown>): void {
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

  /** Those that can change do, so that one client's mistake does not keep the others. Adds to `refused`. */
  async #accept(
    unchanged: readonly ClientConfig[],
    changed: readonly ClientConfig[],
    refused: Map<string, unknown>,
  ): Promise<Acceptance> {
    const before = byName(this.#inUse.directory.configs);
    const previous = changed.flatMap(({ name }) => before.get(name) ?? []);
    const holding: ClientConfig[] = [];
    for (const client of changed) {
      try {
        const isSame = client.contract.id === before.get(client.name)?.contract.id;
        if (!isSame) await this.#options.checkContract(client.contract);
        holding.push(client);
      } catch (error) {
        if (!isBroken(error)) throw error;
        refused.set(client.name, error);
      }
    }
    const directory = new ClientDirectory([...unchanged, ...previous], this.#options.config);
    return accepted(directory, holding, { refused, options: this.#options.config });
  }
}

/** Another error is that of a planner, which says nothing of the contract: it is tried again. */
function isBroken(error: unknown): boolean {
  return isGatewayError(error) && error.code === 'CONTRACT_INVALID';
}

interface Acceptance {
  readonly directory: ClientDirectory;
  readonly accepted: readonly string[];
}

interface Acceptable {
  readonly refused: Map<string, unknown>;
  readonly options: DirectoryOptions;
}

/** All at once, because clients may exchange what they are recognized by; otherwise as many as can, whatever their order. */
function accepted(
  directory: ClientDirectory,
  changed: readonly ClientConfig[],
  { refused, options }: Acceptable,
): Acceptance {
  const names = changed.map(({ name }) => name);
  try {
    return { directory: withClients(directory, changed, options), accepted: names };
  } catch {
    // Some of them are in conflict.
  }
  let next = directory;
  let waiting = changed;
  for (let before = Infinity; waiting.length < before;) {
    before = waiting.length;
    waiting = waiting.filter((client) => {
      try {
        next = withClients(next, [client], options);
        refused.delete(client.name);
        return false;
      } catch (error) {
        refused.set(client.name, error);
        return true;
      }
    });
  }
  return { directory: next, accepted: names.filter((name) => !refused.has(name)) };
}

function withClients(
  { configs }: ClientDirectory,
  clients: readonly ClientConfig[],
  options: DirectoryOptions,
): ClientDirectory {
  return new ClientDirectory([...byName([...configs, ...clients]).values()], options);
}

/** Without the client of all other requests nothing could be put in place: it stays as it is. */
function withAnonymous(clients: ReadClients, before: ReadonlyMap<string, ClientConfig>): ReadClients {
  if (clients.has(anonymousClient) || !before.has(anonymousClient)) return clients;
  const message = `client ${anonymousClient}: its folder is missing; to refuse its requests, set clients.anonymous to "refuse"`;
  return new Map([...clients, [anonymousClient, new GatewayError('CONFIG_INVALID', message)]]);
}

/** The last of each name. */
function byName(configs: readonly ClientConfig[]): Map<string, ClientConfig> {
  return new Map(configs.map((config) => [config.name, config]));
}

function without<Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): Map<Key, Value> {
  return new Map([...map].filter(([name]) => name !== key));
}

function isEqual(one: ClientConfig, other: ClientConfig): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
