/** The files whose changes `tributary dev` acts on. */

import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

import { DiskTree, fileBytesMax } from '../../checks/states/file-tree.ts';
import { readGraphOutline } from '../../config/checks/graph-outline.ts';
import { fileState } from '../../config/file-state.ts';
import { snapshotName } from '../client-snapshot.ts';

export interface WatchedLocations {
  /** graph.yaml, or a supergraph file. Null: an address. */
  readonly graph: string | null;
  readonly clients: string;
  /** Besides what belongs to the graph and the clients. */
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

export class WatchedFiles {
  readonly #locations: WatchedLocations;
  /** Of the subgraphs: the last ones that graph.yaml named while it could be read. */
  #schemas: readonly string[] = [];

  constructor(locations: WatchedLocations) {
    this.#locations = locations;
  }

  /** Differs after every change of a file. */
  async state(): Promise<string> {
    const files = await this.#files();
    const states = await Promise.all(files.map(async (file) => `${file} ${await fileState(file)}`));
    return states.join('\n');
  }

  /** Differs after every change of a text. */
  async digest(): Promise<string> {
    const hash = createHash('sha256');
    for (const file of await this.#files()) hash.update(`${file}\n${await content(file)}\n`);
    return hash.digest('hex');
  }

  async #files(): Promise<readonly string[]> {
    const { graph, clients, files, folders } = this.#locations;
    if (graph !== null) this.#schemas = await schemasOf(graph).catch(() => this.#schemas);
    const policy = graph === null ? [] : [join(dirname(graph), 'policy', 'checks.yaml')];
    const overrides = graph === null ? [] : [join(dirname(graph), 'policy', 'overrides')];
    const trees = [clients, ...overrides, ...folders].map((folder) => resolve(folder));
    const listed = await Promise.all(
      trees.map(async (folder) =>
        (await new DiskTree(folder, folder).list('.')).map((file) => join(folder, file)),
      ),
    );
    return [
      ...new Set([
        ...(graph === null ? [] : [resolve(graph)]),
        ...this.#schemas,
        ...policy.map((file) => resolve(file)),
        ...files.map((file) => resolve(file)),
        // Its snapshots are written after each change.
        ...listed.flat().filter((file) => basename(file) !== snapshotName),
      ]),
    ];
  }
}

async function schemasOf(graph: string): Promise<readonly string[]> {
  if (!/\.ya?ml$/.test(graph)) return [];
  const outline = await readGraphOutline(await readFile(graph, 'utf8'), graph, process.env);
  return outline.map(({ schema }) => resolve(dirname(graph), schema));
}

/** A file that is too large to be read is told apart by its size. */
async function content(file: string): Promise<string> {
  const state = await stat(file).catch(() => null);
  if (!state?.isFile()) return 'missing';
  return state.size > fileBytesMax ? String(state.size) : readFile(file, 'utf8').catch(() => 'unreadable');
}
