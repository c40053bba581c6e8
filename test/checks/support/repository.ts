/** A git repository with a graph, its clients and their operations, for checks to compare commits of. */

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Texts by path, relative to the root. Null: the file is deleted. */
export type Files = ReadonlyMap<string, string | null>;

export class TestRepository {
  /** Absolute. */
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** With one commit on `main`. */
  static async create(files: Files): Promise<TestRepository> {
    const repository = new TestRepository(await mkdtemp(join(tmpdir(), 'checked-')));
    await repository.git('init', '--quiet', '--initial-branch=main');
    await repository.commit(files, 'Begin');
    return repository;
  }

  async write(files: Files): Promise<void> {
    for (const [path, text] of files) {
      const file = join(this.root, path);
      await mkdir(dirname(file), { recursive: true });
      if (text === null) await rm(file, { recursive: true });
      else await writeFile(file, text);
    }
  }

  async commit(files: Files, message: string): Promise<void> {
    await this.write(files);
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--allow-empty', '--message', message);
  }

  /** @returns What it printed. */
  async git(...args: readonly string[]): Promise<string> {
    const identity = [
      '-c',
      'user.name=test',
      '-c',
      'user.email=test@example.com',
      '-c',
      'commit.gpgsign=false',
    ];
    const { stdout } = await run('git', [...identity, ...args], { cwd: this.root });
    return stdout.trim();
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
