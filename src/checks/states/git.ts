/** Reads commits by the program `git`, without a checkout. */

import { execFile } from 'node:child_process';

import { GatewayError } from '../../shared/errors.ts';
import type { Environment } from '../../config/yaml/environment.ts';
import {
  assertContent,
  fileBytesMax,
  filesMax,
  outside,
  tooLarge,
  tooMany,
  type FileTree,
} from './file-tree.ts';

const timeoutMs = 60_000;
/** Of a list of files. */
const listBytesMax = 64 * 1024 * 1024;
/** Of the files in one folder. */
const readAheadBytesMax = 48 * 1024 * 1024;
/** Kinds of files that are read. */
const readable = /\.(?:json|graphqls?|gql|ya?ml)$/;
/** As `ls-tree` prints it. */
const linkMode = '120000 ';
/** Branches that changes are usually merged into, the first that is there. */
const defaultBranches = ['origin/HEAD', 'origin/main', 'origin/master', 'main', 'master'];

export class Repository {
  /** Absolute. */
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** @returns Null: the folder is in no repository. */
  static async around(folder: string): Promise<Repository | null> {
    const found = await git(folder, ['rev-parse', '--show-toplevel']);
    return found.ok ? new Repository(found.output.trim()) : null;
  }

  /** @returns Its hash. @throws {GatewayError} `CONFIG_INVALID` if there is no such commit. */
  async commitOf(ref: string): Promise<string> {
    const found = await git(this.root, [
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `${ref}^{commit}`,
    ]);
    if (found.ok) return found.output.trim();
    throw invalid(
      `there is no commit "${ref}": in CI, fetch it first, such as with "git fetch origin ${ref.replace(/^origin\//, '')}" or fetch-depth: 0`,
    );
  }

  /**
   * The commit from which HEAD left the branch that it is to be merged into: that of the pull request, by the variables of
   * GitHub and GitLab, else the default branch.
   *
   * @throws {GatewayError} `CONFIG_INVALID`
   */
  async mergeBase(environment: Environment): Promise<{ readonly name: string; readonly commit: string }> {
    const { CI_MERGE_REQUEST_DIFF_BASE_SHA: ofGitlab, GITHUB_BASE_REF: ofGithub } = environment;
    if (ofGitlab) return { name: 'merge base', commit: await this.commitOf(ofGitlab) };
    const branches = ofGithub ? [`origin/${ofGithub}`] : defaultBranches;
    for (const branch of branches) {
      if (!(await this.has(branch))) continue;
      const found = await git(this.root, ['merge-base', 'HEAD', branch]);
      if (found.ok) return { name: `merge base with ${branch}`, commit: found.output.trim() };
      throw invalid(`HEAD and ${branch} have no commit in common: fetch the whole history (fetch-depth: 0)`);
    }
    throw invalid(
      `none of the branches ${branches.join(', ')} is there to compare with: fetch one, or name a base with --base`,
    );
  }

  /** @param name As a message names the commit. */
  tree(commit: string, name: string): FileTree {
    return new CommitTree(this.root, commit, `${name} (${commit.slice(0, 7)})`);
  }

  async has(ref: string): Promise<boolean> {
    return (await git(this.root, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]))
      .ok;
  }
}

class CommitTree implements FileTree {
  readonly label: string;
  readonly #root: string;
  readonly #commit: string;
  /** Contents of files that were listed, by path: a process for each file takes longer than all else. */
  readonly #contents = new Map<string, string>();

  constructor(root: string, commit: string, label: string) {
    this.label = label;
    this.#root = root;
    this.#commit = commit;
  }

  async read(path: string): Promise<string | null> {
    const listed = this.#contents.get(path);
    if (listed !== undefined) return listed;
    const object = await this.#object(path);
    if (object === null) return null;
    if (object.type === 'link') throw outside(path, this.label);
    if (object.type !== 'blob') throw invalid(`${path}: is not a file in ${this.label}`);
    if (object.size > fileBytesMax) throw tooLarge(path);
    const content = await git(this.#root, ['cat-file', 'blob', object.id]);
    if (!content.ok) throw invalid(`${path}: cannot be read from ${this.label}: ${content.problem}`);
    assertContent(path, content.output);
    return content.output;
  }

  async list(folder: string): Promise<readonly string[]> {
    const args = ['ls-tree', '-r', '-z', '--long', '--full-tree', this.#commit, '--', `${folder}/`];
    const listed = await git(this.#root, args);
    if (!listed.ok) throw invalid(`${folder}: cannot be listed in ${this.label}: ${listed.problem}`);
    const entries = listed.output.split('\0').filter((entry) => entry !== '');
    if (entries.length > filesMax) throw tooMany(folder);
    const files: string[] = [];
    const blobs: GitBlob[] = [];
    for (const entry of entries) {
      const path = entry.slice(entry.indexOf('\t') + 1);
      const [, id, size] = /^100\d{3} blob ([0-9a-f]+) +(\d+)\t/.exec(entry) ?? [];
      if (id !== undefined && readable.test(path)) blobs.push({ path, id, size: Number(size) });
      // What is left out would not be compared.
      if (entry.startsWith(linkMode) && (await this.#object(path))?.type === 'tree')
        throw invalid(
          `${path}: is a symbolic link to a folder in ${this.label}, which is not followed in commits`,
        );
      files.push(path);
    }
    await this.#readAhead(blobs);
    return files.sort();
  }

  /** As many as fit into the memory for them; the others are read one by one. */
  async #readAhead(blobs: readonly GitBlob[]): Promise<void> {
    let bytes = 0;
    const chosen = blobs.filter(({ path, size }) => {
      if (this.#contents.has(path) || bytes + size > readAheadBytesMax) return false;
      bytes += size;
      return true;
    });
    if (chosen.length === 0) return;
    const output = await gitBytes(
      this.#root,
      ['cat-file', '--batch'],
      chosen.map(({ id }) => `${id}\n`).join(''),
    );
    let at = 0;
    for (const { path, id, size } of chosen) {
      const header = `${id} blob ${size}\n`;
      if (output.toString('latin1', at, at + header.length) !== header)
        throw invalid(`${path}: cannot be read from ${this.label}`);
      const content = output.toString('utf8', at + header.length, at + header.length + size);
      at += header.length + size + 1;
      assertContent(path, content);
      this.#contents.set(path, content);
    }
  }

  /** Links are followed within the commit. @returns Null: there is none. @throws {GatewayError} `CONFIG_INVALID` */
  async #object(path: string): Promise<GitObject | null> {
    // Each line is the name of an object.
    if (path.includes('\n')) throw invalid(`${JSON.stringify(path)}: has a line break in its name`);
    const input = `${this.#commit}:${path}\n`;
    const { output } = await git(this.#root, ['cat-file', '--batch-check', '--follow-symlinks'], input);
    const [, id, type, size] = /^([0-9a-f]{40,64}) (\w+) (\d+)\n$/.exec(output) ?? [];
    if (id !== undefined && type !== undefined) return { id, type, size: Number(size) };
    return /^symlink \d+\n/.test(output) ? { id: '', type: 'link', size: 0 } : null;
  }
}

interface GitBlob {
  readonly path: string;
  readonly id: string;
  /** Bytes. */
  readonly size: number;
}

interface GitObject {
  readonly id: string;
  /** `link`: it leads out of the commit. */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
}

interface GitResult {
  readonly ok: boolean;
  readonly output: string;
  /** What git said. */
  readonly problem: string;
}

/** @throws {GatewayError} `CONFIG_INVALID` if git itself is not there or does not end in time. */
async function git(folder: string, args: readonly string[], input = ''): Promise<GitResult> {
  const { ok, output, problem } = await started(folder, args, input);
  return { ok, output: output.toString('utf8'), problem };
}

/** The same for bytes. @throws {GatewayError} `CONFIG_INVALID` with what git said, if it failed. */
async function gitBytes(folder: string, args: readonly string[], input: string): Promise<Buffer> {
  const { ok, output, problem } = await started(folder, args, input);
  if (!ok) throw invalid(`git ${args[0] ?? ''} failed: ${problem}`);
  return output;
}

interface Ended {
  readonly ok: boolean;
  readonly output: Buffer;
  readonly problem: string;
}

function started(folder: string, args: readonly string[], input: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, timeout: timeoutMs, maxBuffer: listBytesMax, encoding: 'buffer' as const };
    const child = execFile('git', [...args], options, (error, output, problem) => {
      if (error && typeof error.code !== 'number') {
        const reason = error.code === 'ENOENT' ? 'is git installed?' : error.message;
        reject(invalid(`git ${args[0] ?? ''} failed: ${reason}`));
        return;
      }
      resolve({ ok: error === null, output, problem: problem.toString('utf8').trim() });
    });
    // Where git ended without reading it, its exit code says why.
    child.stdin?.on('error', () => {}).end(input);
  });
}

function invalid(message: string): GatewayError {
  return new GatewayError('CONFIG_INVALID', message);
}
