/** Checks every client of a folder against a graph, for `tributary compose --check`. */

import { ClientDirectory } from '../clients/client-directory.ts';
import type { ClientConfig } from '../config/client/client-file.ts';
import { anonymousClient } from '../config/client/client-folders.ts';
import type { ClientGraph } from '../preparation/contract/client-graph.ts';
import { isGatewayError } from '../shared/errors.ts';
import { CommandFailed } from './arguments.ts';
import { readClientFolders } from './client-arguments.ts';
import { openView } from './client-view.ts';
import { clientCommand, snapshotFile, snapshotProblem, snapshotText } from './client-snapshot.ts';

export interface ClientsToCheck {
  readonly folder: string;
  /** Flags of a command that a message tells to run, such as ` --graph graph.yaml`. */
  readonly flags: string;
}

export interface CheckedClients {
  readonly count: number;
  /** Of all clients, each with what to do. */
  readonly problems: readonly string[];
}

/** @throws {GatewayError} `CONFIG_INVALID` if the folder of clients cannot be read. */
export async function checkClients(graph: ClientGraph, toCheck: ClientsToCheck): Promise<CheckedClients> {
  const read = await readClientFolders(toCheck.folder);
  const problems: string[] = [];
  const valid: ClientConfig[] = [];
  for (const client of read.values()) {
    if (isGatewayError(client)) problems.push(client.message);
    else valid.push(client);
  }
  problems.push(...ambiguities(valid));
  for (const client of valid) problems.push(...(await problemsOf(client, graph, toCheck)));
  return { count: read.size, problems };
}

/** Whether unknown clients are refused is said in gateway.yaml: both are right here. */
function ambiguities(clients: readonly ClientConfig[]): string[] {
  const anonymous = clients.some(({ name }) => name === anonymousClient) ? 'contract' : 'refuse';
  try {
    new ClientDirectory(clients, { anonymous });
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}

async function problemsOf(
  client: ClientConfig,
  graph: ClientGraph,
  { folder, flags }: ClientsToCheck,
): Promise<string[]> {
  const { name } = client;
  try {
    const text = snapshotText(openView(client, graph).schema, clientCommand(name));
    const file = snapshotFile(folder, name);
    const problem = await snapshotProblem({ file, text, command: clientCommand(name) + flags });
    return problem === undefined ? [] : [problem];
  } catch (error) {
    return [messageOf(error)];
  }
}

function messageOf(error: unknown): string {
  if (isGatewayError(error) || error instanceof CommandFailed) return error.message;
  throw error;
}
