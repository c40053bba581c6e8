/** Folders of files. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { onTestFinished } from 'vitest';

export interface Folder {
  /** Absolute. */
  readonly path: string;
  readonly remove: () => Promise<void>;
}

/** Of one test, removed after it. @returns The folder's absolute path. */
export async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const { path, remove } = await lastingFolder(files);
  onTestFinished(remove);
  return path;
}

/** Of several tests: remove it after them. */
export async function lastingFolder(files: Readonly<Record<string, string>>): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'tributary-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
