/** Reads what a check compares: graph.yaml with its schemas, the clients with their operations, or a supergraph. */

import { posix } from 'node:path';

import { clientConfig, clientFileSchema } from '../../config/client/client-file.ts';
import { isClientName } from '../../config/client/client-folders.ts';
import { readGraphOutline } from '../../config/checks/graph-outline.ts';
import { checkYaml } from '../../config/yaml/file.ts';
import { GatewayError, isGatewayError } from '../../shared/errors.ts';
import { operationsIn, registeredOperations } from '../operations/registered.ts';
import type { ClientOperation } from '../report.ts';
import { resolvedPath, type FileTree } from './file-tree.ts';
import {
  type SchemaState,
  type StateClient,
  type StateGraph,
  type StateProblem,
  type StateSubgraph,
} from './state.ts';

export interface StateFiles {
  readonly tree: FileTree;
  /** graph.yaml, or a supergraph (`.graphql`), relative to the root of the tree. */
  readonly graph: string;
  /** With a folder for each client. Null: there are no clients. */
  readonly clients: string | null;
  /** Further operations, by the client that sends them: folders of documents or manifests. */
  readonly operations: ReadonlyArray<{ readonly client: string; readonly folder: string }>;
  /** Before the first graph there is none, which counts as an empty one. Default: it must be there. */
  readonly isGraphOptional?: boolean;
}

/** @throws {GatewayError} `CONFIG_INVALID` if the graph cannot be read; what else is invalid is a problem of the state. */
export async function readState(files: StateFiles): Promise<SchemaState> {
  const { tree, clients, operations } = files;
  const read =
    clients === null ? { clients: [], operations: [], problems: [] } : await readClients(tree, clients);
  const allOperations: ClientOperation[] = [...read.operations];
  const problems: StateProblem[] = [...read.problems];
  for (const { client, folder } of operations) {
    const more = await operationsIn(tree, folder, client);
    if (more.operations.length === 0 && more.problems.length === 0)
      problems.push({
        file: folder,
        client,
        message: 'has no operations: expected .graphql files or manifests',
      });
    allOperations.push(...more.operations);
    problems.push(...more.problems);
  }
  return {
    label: tree.label,
    graph: await readGraph(files),
    clients: read.clients,
    operations: allOperations,
    problems,
  };
}

async function readGraph({ tree, graph: file, isGraphOptional }: StateFiles): Promise<StateGraph> {
  const text = await tree.read(file);
  if (text === null && isGraphOptional) return { kind: 'subgraphs', file, subgraphs: [] };
  if (text === null) throw new GatewayError('CONFIG_INVALID', `${file}: no such file in ${tree.label}`);
  if (!/\.ya?ml$/.test(file)) return { kind: 'supergraph', file, sdl: text };
  const outline = await readGraphOutline(text, file);
  const subgraphs: StateSubgraph[] = [];
  for (const { name, schema, owner, url } of outline) {
    const path = resolvedPath(file, schema);
    const sdl = await tree.read(path);
    if (sdl === null)
      throw new GatewayError(
        'CONFIG_INVALID',
        `${file}: the schema of ${name}, ${path}, is not in ${tree.label}`,
      );
    subgraphs.push({ name, url, owner, sdl, file: path });
  }
  return { kind: 'subgraphs', file, subgraphs };
}

interface ReadClients {
  readonly clients: readonly StateClient[];
  readonly operations: readonly ClientOperation[];
  readonly problems: readonly StateProblem[];
}

async function readClients(tree: FileTree, folder: string): Promise<ReadClients> {
  const names = new Set(
    (await tree.list(folder))
      .map((file) => posix.relative(folder, file).split('/'))
      .flatMap(([name = '', ...rest]) => (rest.length > 0 && !name.startsWith('.') ? [name] : [])),
  );
  const clients: StateClient[] = [];
  const operations: ClientOperation[] = [];
  const problems: StateProblem[] = [];
  for (const name of [...names].sort()) {
    const path = posix.join(folder, name);
    try {
      clients.push(await readClient(tree, path, name));
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      problems.push({ file: posix.join(path, 'client.yaml'), client: name, message: error.message });
      continue;
    }
    const registered = await registeredOperations(tree, path, name);
    operations.push(...registered.operations);
    problems.push(...registered.problems);
  }
  return { clients, operations, problems };
}

async function readClient(tree: FileTree, folder: string, name: string): Promise<StateClient> {
  const file = posix.join(folder, 'client.yaml');
  if (!isClientName(name))
    throw new GatewayError(
      'CONFIG_INVALID',
      `${folder}: expected a client's name of lower-case letters, digits and hyphens`,
    );
  const text = await tree.read(file);
  if (text === null) throw new GatewayError('CONFIG_INVALID', `${file}: no such file in ${tree.label}`);
  // Variables are not replaced: the file may be a stranger's, and reports are published.
  const options = { displayName: file, environment: {}, unsetVariables: 'empty' } as const;
  const read = await checkYaml(text, clientFileSchema, options);
  const { owner, contract } = clientConfig(name, read);
  return { name, owner, contract, file };
}
