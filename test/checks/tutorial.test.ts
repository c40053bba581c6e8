/** `docs/checks.md`, followed in a clone: every command is run in turn, and prints what the page says. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { RecipeEnvironment } from './support/recipe-environment.ts';
import type { Files } from './support/repository.ts';

const root = join(import.meta.dirname, '../..');
const page = await readFile(join(root, 'docs/checks.md'), 'utf8');

interface Block {
  readonly commands: string;
  /** Null: the page does not say. */
  readonly printed: string | null;
}

const blocks: readonly Block[] = Array.from(
  page.matchAll(/^```sh\n([^]*?)^```$(?:\n\n^```\n([^]*?)^```$)?/gm),
  ([, commands = '', printed]) => ({ commands, printed: printed ?? null }),
);

/** A dozen commands, each of which composes the demo's graph twice. */
const timeoutMs = 900_000;

/** Author of commits, for the clone has no configuration. */
const identity = {
  GIT_AUTHOR_NAME: 'test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
};

let environment: RecipeEnvironment;

beforeAll(async () => {
  environment = await RecipeEnvironment.create(new Map(), await filesIn('schemas', 'deploy/ci'));
  await environment.repository.git('switch', '--quiet', '--create', 'main');
});
afterAll(() => environment.remove());

async function filesIn(...folders: readonly string[]): Promise<Files> {
  const files = new Map<string, string>();
  for (const folder of folders)
    for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) files.set(path.slice(root.length + 1), await readFile(path, 'utf8'));
    }
  return files;
}

/** What is another one for each reader: commits, days, where the clone is. */
function comparable(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\d/g, 'DATE')
    .replaceAll(/\([\da-f]{7,40}\)/g, '(COMMIT)')
    .replaceAll(/^\S*(?=\/schemas\/policy\/overrides\/)/gm, '...')
    .trimEnd();
}

it('prints what the page says', { timeout: timeoutMs }, async () => {
  expect(blocks.filter(({ printed }) => printed !== null).length).toBeGreaterThan(8);
  for (const { commands, printed } of blocks) {
    const { log } = await environment.run(['bash'], commands, identity);
    if (printed !== null) expect(withoutGit(comparable(log)), commands).toBe(comparable(printed));
    if (commands.includes('deploy/ci/shell')) expect(log).toMatch(/\nexit code 1\n$/);
  }
  expect(await environment.repository.git('status', '--porcelain', '--branch')).toBe('## main');
});

/** Git speaks of branches on standard error. */
function withoutGit(text: string): string {
  return text.replace(/\nSwitched to a new branch '.*'$/, '');
}
