/** Files of a repository at one state: on disk, or in a commit. Paths are relative to its root, with slashes. */

import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, posix, relative, sep } from 'node:path';

import { GatewayError } from '../../shared/errors.ts';

/** No file that is read here has a reason to be larger. */
export const fileBytesMax = 16 * 1024 * 1024;
/** In one folder, with those below it. */
export const filesMax = 20_000;

export interface FileTree {
  /** As messages name it: `origin/main (1a2b3c4)`, or `working tree`. */
  readonly label: string;
  /** @returns Null: there is no such file. @throws {GatewayError} `CONFIG_INVALID` */
  read(path: string): Promise<string | null>;
  /** Paths of the files in a folder and below it, sorted; none where there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
}

export class DiskTree implements FileTree {
  readonly label: string;
  readonly #root: string;

  /** @param root Absolute. */
  constructor(root: string, label: string) {
    this.label = label;
    this.#root = root;
  }

  async read(path: string): Promise<string | null> {
    const file = join(this.#root, path);
    const state = await stat(file).catch(() => null);
    if (!state) return null;
    if (!state.isFile()) throw invalid(`${path}: is not a file`);
    if (state.size > fileBytesMax) throw tooLarge(path);
    const text = await readFile(await this.#real(file, path), 'utf8');
    assertContent(path, text);
    return text;
  }

  /** Links may be a stranger's, and reports print what is wrong in a file: none leads to secrets of the machine. */
  async #real(file: string, path: string): Promise<string> {
    const [root, real] = await Promise.all([realpath(this.#root), realpath(file)]);
    const inRoot = relative(root, real).split(sep);
    if (inRoot[0] === '..' || isAbsolute(inRoot.join(sep)) || inRoot.includes('.git'))
      throw outside(path, this.label);
    return real;
  }

  async list(folder: string): Promise<readonly string[]> {
    const entries = await readdir(join(this.#root, folder), { recursive: true, withFileTypes: true }).catch(
      () => [],
    );
    const files: string[] = [];
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      const isFile = entry.isSymbolicLink()
        ? await stat(path).then(
            (state) => state.isFile(),
            () => false,
          )
        : entry.isFile();
      if (isFile) files.push(relative(this.#root, path).split(sep).join('/'));
    }
    if (files.length > filesMax) throw tooMany(folder);
    return files.sort();
  }
}

/**
 * Where a path in a file leads, such as `../protos/a.graphql` in `schemas/graph.yaml`.
 *
 * @throws {GatewayError} `CONFIG_INVALID` if it leaves the repository.
 */
export function resolvedPath(fromFile: string, path: string): string {
  const resolved = posix.normalize(posix.join(posix.dirname(fromFile), path.split(sep).join('/')));
  if (resolved === '..' || resolved.startsWith('../') || posix.isAbsolute(path))
    throw invalid(`${fromFile}: ${path} is outside of the repository`);
  return resolved;
}

export function outside(path: string, label: string): GatewayError {
  return invalid(`${path}: leads outside of the files of ${label}`);
}

/** @throws {GatewayError} `CONFIG_INVALID` if it only names what is stored elsewhere. */
export function assertContent(path: string, text: string): void {
  if (text.startsWith('version https://git-lfs.github.com/'))
    throw invalid(
      `${path}: is stored by Git LFS, which is not read: keep schemas and operations in git itself`,
    );
}

export function tooLarge(path: string): GatewayError {
  return invalid(`${path}: is larger than ${fileBytesMax} bytes`);
}

export function tooMany(folder: string): GatewayError {
  return invalid(`${folder}: has more than ${filesMax} files`);
}

function invalid(message: string): GatewayError {
  return new GatewayError('CONFIG_INVALID', message);
}
