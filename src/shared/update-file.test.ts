import { chmod, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { folderWith } from '../../test/support/folder.ts';
import { updateFile } from './update-file.ts';

it('many writers at once lose nothing, and leave nothing behind', async () => {
  const folder = await folderWith({});
  const path = join(folder, 'list');
  const add = (line: string) => updateFile(path, (text = '') => `${text}${line}\n`);
  await Promise.all(Array.from({ length: 30 }, (_, i) => add(String(i))));
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  expect(lines.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i));
  expect(await readdir(folder)).toEqual(['list']);
});

it('a new file is for its owner alone; one that is there keeps who may read it', async () => {
  const folder = await folderWith({ shared: 'a' });
  await chmod(join(folder, 'shared'), 0o640);
  for (const name of ['shared', 'new']) await updateFile(join(folder, name), () => 'b');
  const modes = await Promise.all(
    ['shared', 'new'].map(async (name) => (await stat(join(folder, name))).mode),
  );
  expect(modes.map((mode) => mode & 0o777)).toEqual([0o640, 0o600]);
});

it('what a link points to is changed, and the link stays one', async () => {
  const folder = await folderWith({ 'data/keys': 'a' });
  await symlink('data/keys', join(folder, 'link'));
  await updateFile(join(folder, 'link'), (text) => `${text}b`);
  expect(await readlink(join(folder, 'link'))).toBe('data/keys');
  expect(await readFile(join(folder, 'data/keys'), 'utf8')).toBe('ab');
});

it('a change that fails, or that there is none to make, leaves the file and no lock', async () => {
  const folder = await folderWith({ list: 'a' });
  const path = join(folder, 'list');
  const failing = updateFile(path, () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  const before = await stat(path);
  await updateFile(path, () => undefined);
  expect((await stat(path)).mtimeMs).toBe(before.mtimeMs);
  expect(await readdir(folder)).toEqual(['list']);
});

it('a lock that nobody takes away is waited for so long and no longer, and named', async () => {
  const folder = await folderWith({ list: 'a', 'list.lock': '4711 on elsewhere' });
  const path = join(folder, 'list');
  await expect(updateFile(path, () => 'b', 50)).rejects.toThrow(
    `${path}.lock is held by process 4711 on elsewhere: try again, or remove that file`,
  );
  expect(await readFile(path, 'utf8')).toBe('a');
});

it('a folder that is not there is named', async () => {
  const folder = await folderWith({});
  const path = join(folder, 'none', 'list');
  await expect(updateFile(path, () => 'b')).rejects.toThrow('its folder does not exist');
  await writeFile(join(folder, 'none'), '');
  await expect(updateFile(path, () => 'b')).rejects.toThrow('cannot be written (ENOTDIR)');
});
