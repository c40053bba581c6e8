import { chmod, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { folderWith } from '../../../test/support/folder.ts';
import { WatchedFile } from './watched-file.ts';

async function given(files: Readonly<Record<string, string>>, whenMissing?: number) {
  const path = join(await folderWith(files), 'number');
  const failures: string[] = [];
  const open = async () => {
    const file = await WatchedFile.open<number>({
      path,
      pollMs: 5,
      bytesMax: 10,
      parse(text) {
        if (Number.isNaN(Number(text))) throw new Error('it is no number');
        return Number(text);
      },
      ...(whenMissing === undefined ? {} : { whenMissing }),
      advice: 'write one',
      onFailure: (reason) => failures.push(reason),
    });
    onTestFinished(() => file.close());
    return file;
  };
  return { path, failures, open };
}

it('is read again when it changes, written over or replaced', async () => {
  const { path, open } = await given({ number: '1' });
  const file = await open();
  expect(file.value).toBe(1);
  await writeFile(path, '2');
  await expect.poll(() => file.value).toBe(2);
  await replace(path, '3');
  await expect.poll(() => file.value).toBe(3);
});

it('is followed through links, such as those of a mounted secret whose target is swapped', async () => {
  const { path, open } = await given({ 'v1/number': '1', 'v2/number': '2' });
  const folder = dirname(path);
  await symlink('v1', join(folder, 'data'));
  await symlink('data/number', path);
  const file = await open();
  await symlink('v2', join(folder, 'next'));
  await rename(join(folder, 'next'), join(folder, 'data'));
  await expect.poll(() => file.value).toBe(2);
});

it('keeps what was good while the file is broken, too large or gone, and says each once', async () => {
  const { path, failures, open } = await given({ number: '1' });
  const file = await open();
  await replace(path, 'one');
  await expect.poll(() => failures.length).toBe(1);
  await replace(path, '1'.repeat(11));
  await expect.poll(() => failures.length).toBe(2);
  await rm(path);
  await expect.poll(() => failures.length).toBe(3);
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(failures).toEqual(['it is no number', 'it has more than 10 bytes', 'no such file']);
  expect(file.value).toBe(1);
  await replace(path, '4');
  await expect.poll(() => file.value).toBe(4);
});

it('is read again after a failure that has nothing to do with it, and says so once', async () => {
  const path = join(await folderWith({ number: '1' }), 'number');
  const failures: string[] = [];
  let failsStill = 0;
  const file = await WatchedFile.open<number>({
    path,
    pollMs: 5,
    bytesMax: 10,
    parse: Number,
    advice: '',
    onFailure: (reason) => failures.push(reason),
    async readText(name) {
      if (failsStill-- > 0) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      return readFile(name, 'utf8');
    },
  });
  onTestFinished(() => file.close());
  failsStill = 3;
  await replace(path, '2');
  await expect.poll(() => file.value).toBe(2);
  expect(failures).toEqual(['it cannot be read (EMFILE)']);
});

it('says that it is gone each time, also if it is the same file that comes back', async () => {
  const { path, failures, open } = await given({ 'target/number': '1' });
  const link = async (): Promise<void> => symlink('target/number', path);
  await link();
  const file = await open();
  for (const times of [1, 2]) {
    await rm(path);
    await expect.poll(() => failures.length).toBe(times);
    await link();
    // For a hundred looks at it, of which one is enough.
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  expect(file.value).toBe(1);
});

it('must be there and be good when it is opened, unless something else holds instead', async () => {
  const { path, open } = await given({});
  await expect(open()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `${path}: no such file: write one`,
  });
  const broken = await given({ number: 'x' });
  await expect(broken.open()).rejects.toThrow(`${broken.path}: it is no number`);
  expect((await (await given({}, 7)).open()).value).toBe(7);
});

it('is not believed where anybody may write it', async () => {
  const { path, open } = await given({ number: '1' });
  await chmod(path, 0o666);
  await expect(open()).rejects.toThrow('every user may write it: remove that permission with chmod o-w');
});

/** Whole, so that nobody reads half of it. */
async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
