/**
 * The operations that a repository registers for its clients: `clients/<client>/operations/<version>.json`, or a folder
 * `<version>/` of documents.
 */

import { posix } from 'node:path';

import type { ClientOperation } from '../report.ts';
import type { FileTree } from '../states/file-tree.ts';
import type { StateProblem } from '../states/state.ts';
import { documentId, operationsOf, type DocumentFile } from './documents.ts';
import { readManifest } from './manifest.ts';

const documentFile = /\.(?:graphql|gql)$/;

export interface Registered {
  readonly operations: readonly ClientOperation[];
  readonly problems: readonly StateProblem[];
}

/** @param folder Of the client: `schemas/clients/web`. */
export async function registeredOperations(
  tree: FileTree,
  folder: string,
  client: string,
): Promise<Registered> {
  return operationsIn(tree, posix.join(folder, 'operations'), client);
}

/** @param folder Its files are manifests or documents; folders in it are versions. */
export async function operationsIn(tree: FileTree, folder: string, client: string): Promise<Registered> {
  const operations: ClientOperation[] = [];
  const problems: StateProblem[] = [];
  const documents = new Map<string, DocumentFile[]>();
  for (const file of await tree.list(folder)) {
    const path = posix.relative(folder, file);
    const text = documentFile.test(file) || file.endsWith('.json') ? await tree.read(file) : null;
    if (text === null) continue;
    const isInFolder = path.includes('/');
    const version = isInFolder ? path.slice(0, path.indexOf('/')) : null;
    if (documentFile.test(file)) {
      const ofVersion = documents.get(version ?? '') ?? [];
      documents.set(version ?? '', [...ofVersion, { file, text }]);
      continue;
    }
    const named = version ?? posix.basename(path, '.json');
    const read = readManifest({ file, text, client, version: named });
    operations.push(...read.operations);
    problems.push(...read.problems.map((problem) => ({ ...problem, client })));
  }
  for (const [version, files] of documents) {
    const read = operationsOf(files);
    problems.push(...read.problems.map((problem) => ({ ...problem, client })));
    for (const { name, document, file } of read.operations) {
      const registered = { client, version: version === '' ? null : version, name, document, file };
      operations.push({ ...registered, id: documentId(document), calls: null, lastSeenAt: null });
    }
  }
  return { operations, problems };
}
