/** Reads the folder of clients and detects changes; a client whose folder is invalid does not stop the others. */

import { clientFolders, readClient, type ClientFolder } from '../config/client/client-folders.ts';
import type { ClientConfig } from '../config/client/client-file.ts';
import { errorText } from '../shared/error-text.ts';
import { GatewayError, isGatewayError } from '../shared/errors.ts';
import type { Environment } from '../config/yaml/environment.ts';

/** By the client's name: its configuration, or why it has none. */
export type ReadClients = ReadonlyMap<string, ClientConfig | GatewayError>;

export interface ClientSourceOptions {
  /** Default `process.env`. */
  readonly environment?: Environment | undefined;
  /** Throws a `GatewayError` for a client that does not fit the rest of the configuration. Default: all do. */
  readonly check?: (client: ClientConfig) => void;
}

export class ClientSource {
  readonly #folder: string;
  readonly #options: ClientSourceOptions;
  /** Of the last read. */
  #state = '';
  /** Of the last look. */
  #seen = '';

  constructor(folder: string, options: ClientSourceOptions = {}) {
    this.#folder = folder;
    this.#options = options;
  }

  /** @throws {GatewayError} `CONFIG_INVALID` if the folder of clients itself cannot be read. */
  async read(): Promise<ReadClients> {
    const folders = await clientFolders(this.#folder);
    this.#state = stateOf(folders);
    const entries = folders.map(async (folder) => [folder.name, await this.#readOne(folder)] as const);
    return new Map(await Promise.all(entries));
  }

  /**
   * A change is read by the second look that finds it: the first part of a client.yaml may be valid, and hide less than
   * the whole.
   *
   * @returns undefined while nothing has changed since the last read. Throws what `read` throws.
   */
  async readIfChanged(): Promise<ReadClients | undefined> {
    const state = stateOf(await clientFolders(this.#folder));
    const isSettled = state === this.#seen;
    this.#seen = state;
    return isSettled && state !== this.#state ? this.read() : undefined;
  }

  async #readOne(folder: ClientFolder): Promise<ClientConfig | GatewayError> {
    try {
      const { environment, check } = this.#options;
      const client = await readClient(folder, environment);
      check?.(client);
      return client;
    } catch (error) {
      if (isGatewayError(error)) return error;
      const message = `${folder.path}: cannot be read (${errorText(error)})`;
      return new GatewayError('CONFIG_INVALID', message, { cause: error });
    }
  }
}

function stateOf(folders: readonly ClientFolder[]): string {
  return folders.map(({ name, state }) => `${name} ${state}`).join('\n');
}

/** @throws {GatewayError} `CONFIG_INVALID` with the mistakes of all clients. */
export function allValid(clients: ReadClients): ClientConfig[] {
  const errors = [...clients.values()].filter(isGatewayError);
  if (errors.length > 0)
    throw new GatewayError('CONFIG_INVALID', errors.map(({ message }) => message).join('\n'));
  return [...clients.values()].filter((client): client is ClientConfig => !isGatewayError(client));
}
