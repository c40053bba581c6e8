import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { folderWith } from '../../test/support/folder.ts';
import { loadUserModule, reloadUserModule } from './user-module.ts';

async function moduleWith(text: string): Promise<string> {
  return join(await folderWith({ 'module.mjs': text }), 'module.mjs');
}

describe('a module of a user', () => {
  it('is loaded once', async () => {
    const path = await moduleWith('export const made = {};');
    expect((await loadUserModule(path))['made']).toBe((await loadUserModule(path))['made']);
  });

  it('is found under a name that is no plain path', async () => {
    const folder = await folderWith({ 'a b/mod ule.mjs': 'export const name = "odd";' });
    expect(await loadUserModule(join(folder, 'a b/mod ule.mjs'))).toMatchObject({ name: 'odd' });
  });

  it.each([
    ['does not parse', 'export const = ;'],
    ['throws', 'throw new Error("no region");'],
    ['throws what is no error', 'throw "no region";'],
    ['imports what is not there', 'import "./missing.mjs";'],
  ])('that %s is said to be unloadable, with the reason', async (_, text) => {
    const path = await moduleWith(text);
    for (const load of [loadUserModule, reloadUserModule]) {
      const error = await load(path).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Error);
      expect((error as Error).message).toMatch(/^cannot be loaded: ./);
      expect((error as Error).cause).toBeDefined();
    }
  });

  it('that is not there is said to be unloadable', async () => {
    for (const load of [loadUserModule, reloadUserModule])
      await expect(load('/nowhere/module.mjs')).rejects.toThrow(/^cannot be loaded: /);
  });

  it('is read anew once it has changed, and not before', async () => {
    const path = await moduleWith('export const made = { value: 1 };');
    const first = (await reloadUserModule(path))['made'];
    expect((await reloadUserModule(path))['made']).toBe(first);
    await writeFile(path, 'export const made = { value: 2 };');
    await utimes(path, 1_800_000_000, 1_800_000_000);
    expect((await reloadUserModule(path))['made']).toEqual({ value: 2 });
  });
});

it('loads a module again that was replaced, though its time of modification is the same', async () => {
  const path = join(await folderWith({ 'policy.mjs': 'export const version = 1;' }), 'policy.mjs');
  const then = new Date('2026-01-01');
  await utimes(path, then, then);
  expect(await reloadUserModule(path)).toMatchObject({ version: 1 });
  await writeFile(path, 'export const version = 2; // changed');
  await utimes(path, then, then);
  expect(await reloadUserModule(path)).toMatchObject({ version: 2 });
});
