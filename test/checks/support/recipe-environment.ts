/**
 * Runs the scripts of the recipes in `deploy/ci` as their CI does: in a clone of a pull request, with the variables of that CI
 * and none of this machine's. `npx --no -- tributary` is the command line of this checkout; `gh` is a GitHub of one file.
 */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { installPackage } from '../../support/debian-packages.ts';
import { TestRepository, type Files } from './repository.ts';
import { shopFiles } from './shop-graph.ts';

const root = join(import.meta.dirname, '../../..');
const commandLine = join(root, 'src/cli/tributary.js');
const fakeGithub = join(import.meta.dirname, 'fake-github.ts');

export interface Ran {
  readonly code: number;
  /** Standard output, then standard error. */
  readonly log: string;
}

/** A request to the API of GitHub, as the arguments of `gh` say. */
export interface GithubCall {
  readonly args: readonly string[];
  readonly token: string;
}

export interface Comment {
  readonly id: number;
  readonly user: { readonly login: string };
  readonly body: string;
}

/** `gh` filters by it, as the real one does by a jq of its own. @throws {Error} */
export async function installJq(): Promise<void> {
  const folders = (process.env.PATH ?? '').split(':');
  if (folders.some((folder) => existsSync(join(folder, 'jq')))) return;
  await installPackage(
    'jq',
    (problem) =>
      `These tests need jq and ${problem}. Install it (Debian: apt-get install jq; macOS: brew install jq).`,
  );
}

export class RecipeEnvironment {
  /** Of what is not in the clone. */
  readonly folder: string;
  readonly repository: TestRepository;

  private constructor(folder: string, repository: TestRepository) {
    this.folder = folder;
    this.repository = repository;
  }

  /**
   * A clone with the branch `origin/main`, whose HEAD is a commit with `change` on no branch, as a CI checks it out.
   *
   * @param files Of `origin/main`.
   */
  static async create(change: Files, files: Files = shopFiles): Promise<RecipeEnvironment> {
    const repository = await TestRepository.create(files);
    const folder = await mkdtemp(join(tmpdir(), 'recipe-'));
    const remote = join(folder, 'remote.git');
    await repository.git('clone', '--quiet', '--bare', repository.root, remote);
    await repository.git('remote', 'add', 'origin', remote);
    await repository.git('fetch', '--quiet', 'origin');
    await repository.git('remote', 'set-head', 'origin', 'main');
    await repository.git('checkout', '--quiet', '--detach');
    await repository.git('branch', '--quiet', '--delete', 'main');
    await repository.commit(change, 'Change');
    const environment = new RecipeEnvironment(folder, repository);
    await environment.#addPrograms();
    return environment;
  }

  async #addPrograms(): Promise<void> {
    const bin = join(this.folder, 'bin');
    await mkdir(bin);
    const npx = `#!/bin/sh
[ "$1 $2 $3" = '--no -- tributary' ] || { echo "npx $*: not expected" >&2; exit 97; }
shift 3
exec '${process.execPath}' '${commandLine}' "$@"
`;
    const gh = `#!/bin/sh
exec '${process.execPath}' '${fakeGithub}' '${this.folder}' "$@"
`;
    for (const [name, text] of Object.entries({ npx, gh })) {
      await writeFile(join(bin, name), text);
      await chmod(join(bin, name), 0o755);
    }
  }

  /** @param shell The program and its options. @param script Relative paths are in the clone. */
  async run(
    shell: readonly string[],
    script: string,
    variables: Readonly<Record<string, string>>,
  ): Promise<Ran> {
    const file = join(this.folder, 'script.sh');
    await writeFile(file, script);
    return this.execute([...shell, file], variables);
  }

  execute(command: readonly string[], variables: Readonly<Record<string, string>>): Promise<Ran> {
    const [program = '', ...args] = command;
    // Node's cache spares the many processes of the tests what they compile alike.
    const { PATH: path = '', NODE_COMPILE_CACHE: cache = '' } = process.env;
    const env = {
      PATH: `${join(this.folder, 'bin')}:${path}`,
      NODE_COMPILE_CACHE: cache,
      HOME: this.folder,
      ...variables,
    };
    return new Promise((resolve, reject) => {
      execFile(program, args, { cwd: this.repository.root, env }, (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(error);
        else resolve({ code: error === null ? 0 : Number(error.code), log: stdout + stderr });
      });
    });
  }

  async setComments(comments: readonly Comment[]): Promise<void> {
    await writeFile(join(this.folder, 'comments.json'), JSON.stringify(comments));
  }

  /** From now on, as without permission. */
  async refuseComments(): Promise<void> {
    await rm(join(this.folder, 'comments.json'));
  }

  async comments(): Promise<readonly Comment[]> {
    return JSON.parse(await readFile(join(this.folder, 'comments.json'), 'utf8')) as Comment[];
  }

  async githubCalls(): Promise<readonly GithubCall[]> {
    const lines = await readFile(join(this.folder, 'calls.jsonl'), 'utf8').catch(() => '');
    return lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as GithubCall);
  }

  async remove(): Promise<void> {
    await this.repository.remove();
    await rm(this.folder, { recursive: true, force: true });
  }
}
