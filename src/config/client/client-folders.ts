/** Reads the folder of clients: each client has a folder of its own with a client.yaml, which its team owns. */

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { GatewayError } from '../../shared/errors.ts';
import { errorText } from '../../shared/error-text.ts';
import { fileState } from '../file-state.ts';
import type { Environment } from '../yaml/environment.ts';
import { displayName, readYamlFile } from '../yaml/file.ts';
import { clientConfig, clientFileSchema, type ClientConfig } from './client-file.ts';

/** The client of requests that no other client is recognized in. */
export const anonymousClient = 'anonymous';

const namePattern = /^[a-z][a-z0-9-]{0,62}$/;
/** Of paths of the gateway below its endpoint. */
const reservedNames: ReadonlySet<string> = new Set(['graphiql', 'health']);

export interface ClientFolder {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Of its client.yaml; differs after every change. */
  readonly state: string;
}

/**
 * What is there for a client but cannot be looked at, such as a link to nowhere, is listed too: reading it fails.
 *
 * @throws {GatewayError} `CONFIG_INVALID` if the folder of clients cannot be read.
 */
export async function clientFolders(folder: string): Promise<ClientFolder[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    const message = `${displayName(folder)}: the folder of clients cannot be read (${errorText(cause)})`;
    throw new GatewayError('CONFIG_INVALID', message, { cause });
  });
  const folders: ClientFolder[] = [];
  for (const name of names.filter((entry) => !entry.startsWith('.')).sort()) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found && !found.isDirectory()) continue;
    folders.push({ name, path, state: await fileState(join(path, 'client.yaml')) });
  }
  return folders;
}

export function isClientName(name: string): boolean {
  return namePattern.test(name) && !reservedNames.has(name);
}

/** @throws {GatewayError} `CONFIG_INVALID`, each mistake with its position; also if the folder has an invalid name. */
export async function readClient(
  { name, path }: ClientFolder,
  environment?: Environment,
): Promise<ClientConfig> {
  if (!isClientName(name)) throw invalidName(path);
  const file = join(path, 'client.yaml');
  const found = await stat(file).catch(() => undefined);
  // Reading a pipe would wait for whoever writes to it.
  if (found && !found.isFile())
    throw new GatewayError('CONFIG_INVALID', `${displayName(file)}: is not a file`);
  const options = { bytesMax: fileBytesMax, ...(environment ? { environment } : {}) };
  return clientConfig(name, await readYamlFile(file, clientFileSchema, options));
}

/** It is parsed on the main thread, while the requests of all clients wait. */
const fileBytesMax = 32_768;

function invalidName(path: string): GatewayError {
  return new GatewayError(
    'CONFIG_INVALID',
    `${displayName(path)}: expected a client's name of lower-case letters, digits and hyphens, other than ${[...reservedNames].join()}`,
  );
}
