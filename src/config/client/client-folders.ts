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

/** @throws {GatewayError} `CONFIG_INVALID` if the folder of clients cannot be read or has invalid names. */
export async function clientFolders(folder: string): Promise<ClientFolder[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    const message = `${displayName(folder)}: the folder of clients cannot be read (${errorText(cause)})`;
    throw new GatewayError('CONFIG_INVALID', message, { cause });
  });
  const folders: ClientFolder[] = [];
  for (const name of names.filter((entry) => !entry.startsWith('.')).sort()) {
    const path = join(folder, name);
    if (!(await stat(path)).isDirectory()) continue;
    if (!isClientName(name)) throw invalidName(path);
    folders.push({ name, path, state: await fileState(join(path, 'client.yaml')) });
  }
  return folders;
}

export function isClientName(name: string): boolean {
  return namePattern.test(name) && !reservedNames.has(name);
}

/** @throws {GatewayError} `CONFIG_INVALID`, each mistake with its position. */
export async function readClient(
  { name, path }: ClientFolder,
  environment?: Environment,
): Promise<ClientConfig> {
  const options = environment ? { environment } : {};
  return clientConfig(name, await readYamlFile(join(path, 'client.yaml'), clientFileSchema, options));
}

function invalidName(path: string): GatewayError {
  return new GatewayError(
    'CONFIG_INVALID',
    `${displayName(path)}: expected a client's name of lower-case letters, digits and hyphens, other than ${[...reservedNames].join()}`,
  );
}
