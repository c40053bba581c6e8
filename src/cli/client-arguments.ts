/** What the commands about clients have in common: where the graph and the folder of clients are, and reading both. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { ClientSource, type ReadClients } from '../clients/client-source.ts';
import type { ClientConfig } from '../config/client/client-file.ts';
import { clientFolders } from '../config/client/client-folders.ts';
import { nearestName } from '../config/yaml/suggest.ts';
import { displayName } from '../config/yaml/file.ts';
import type { ClientGraph } from '../preparation/contract/client-graph.ts';
import { isGatewayError } from '../shared/errors.ts';
import { CommandFailed, flagText, UsageError, type Flags, type FlagValues } from './arguments.ts';

export const graphDefault = 'schemas/graph.yaml';

export const locationFlags = {
  graph: { type: 'string' },
  supergraph: { type: 'string' },
  clients: { type: 'string' },
} as const satisfies Flags;

export const locationHelp = `  --graph FILE           the subgraphs to compose (default: ${graphDefault})
  --supergraph FILE|URL  an already composed supergraph; it does not say which subgraph a tag comes from
  --clients FOLDER       with a folder for each client (default: clients beside graph.yaml)`;

export interface ClientLocations {
  readonly graph: { readonly graphPath: string } | { readonly supergraph: string };
  readonly clients: string;
  /** Those that are not the defaults, to be repeated in a command that a message tells to run. */
  readonly flags: string;
}

/** @throws {UsageError} */
export function readLocations(values: FlagValues): ClientLocations {
  const graph = flagText(values['graph']);
  const supergraph = flagText(values['supergraph']);
  const clients = flagText(values['clients']);
  if (graph !== undefined && supergraph !== undefined)
    throw new UsageError('--graph and --supergraph exclude each other');
  const flags = Object.entries({ graph, supergraph, clients }).flatMap(([name, value]) =>
    value === undefined ? [] : ` --${name} ${value}`,
  );
  return {
    graph: supergraph === undefined ? { graphPath: graph ?? graphDefault } : { supergraph },
    clients: clients ?? clientsBeside(graph ?? graphDefault),
    flags: flags.join(''),
  };
}

export function clientsBeside(graphPath: string): string {
  return join(dirname(graphPath), 'clients');
}

/** @throws {UsageError} Without a name. */
export function readClientName([name]: readonly string[], command: string): string {
  if (name === undefined) throw new UsageError(`name a client, such as: tributary ${command} web`);
  return name;
}

/** @throws {GatewayError} `CONFIG_INVALID` if the folder of clients cannot be read. */
export function readClientFolders(folder: string): Promise<ReadClients> {
  return new ClientSource(folder).read();
}

/** @throws If there is no such client, or its client.yaml is invalid. */
export async function readClientNamed(name: string, folder: string): Promise<ClientConfig> {
  const folders = existsSync(folder) ? await clientFolders(folder) : [];
  if (!folders.some((known) => known.name === name)) {
    const nearest = nearestName(
      name,
      folders.map((known) => known.name),
    );
    const hint =
      nearest === undefined ? `make it with tributary client init ${name}` : `did you mean "${nearest}"?`;
    throw new CommandFailed(`there is no client "${name}" in ${displayName(folder)} (${hint})`);
  }
  const client = (await readClientFolders(folder)).get(name);
  if (client === undefined || isGatewayError(client))
    throw client ?? new CommandFailed(`client ${name} is gone`);
  return client;
}

/** Loads the composition library. @throws {GatewayError} For a graph that cannot be read or does not compose. */
export async function openGraph({ graph }: ClientLocations): Promise<ClientGraph> {
  const { loadGatewayConfig } = await import('../config/gateway/gateway-config.ts');
  const { graphSource } = await import('../assembly/start.ts');
  const { supergraphSourceOf } = await import('../plan/graph-source.ts');
  const { composeClientGraph } = await import('../preparation/contract/client-graph.ts');
  const read = await graphSource(graph, await loadGatewayConfig(undefined, { environment: {} })).read();
  return composeClientGraph(supergraphSourceOf(read));
}
