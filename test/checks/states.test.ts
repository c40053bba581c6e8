/** Files that are not what they seem: links, Git LFS, variables of the environment. */

import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { readStates, type CheckedStates } from '../../src/cli/check-states.ts';
import { folderWith } from '../support/folder.ts';
import { TestRepository } from './support/repository.ts';
import { productsFile, shopFiles } from './support/shop-graph.ts';

const webFile = 'schemas/clients/web/operations/1.2.json';
const clientFile = 'schemas/clients/web/client.yaml';

async function shop(): Promise<TestRepository> {
  const repository = await TestRepository.create(shopFiles);
  onTestFinished(() => repository.remove());
  return repository;
}

/** Moves a file or a folder, and leaves a link to it. */
async function link({ root }: TestRepository, path: string, target: string): Promise<void> {
  await mkdir(dirname(join(root, target)), { recursive: true });
  await rename(join(root, path), join(root, target));
  await symlink(join('../'.repeat(path.split('/').length - 1), target), join(root, path));
}

function statesOf({ root }: TestRepository, head?: string): Promise<CheckedStates> {
  const base = head === undefined ? 'HEAD' : `${head}~1`;
  const chosen = head === undefined ? {} : { head };
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(root);
  onTestFinished(() => cwd.mockRestore());
  return readStates({ graph: join(root, 'schemas/graph.yaml'), base, ...chosen });
}

function sizes({ graph, operations, problems }: CheckedStates['head']) {
  const texts = graph.kind === 'subgraphs' ? graph.subgraphs.map(({ sdl }) => sdl.length) : [];
  return { texts, operations: operations.length, problems };
}

describe.each([
  ['the working tree', undefined],
  ['a commit', 'main'],
])('links in %s', (_, head) => {
  it.each([productsFile, webFile, clientFile])('to %s are followed', async (path) => {
    const repository = await shop();
    await link(repository, path, 'shared/file');
    if (head !== undefined) await repository.commit(new Map(), 'Link');
    const { base, head: linked } = await statesOf(repository, head);
    expect(sizes(linked)).toEqual(sizes(base));
  });

  it.each([
    ['.git/config', '../../../.git/config'],
    ['a file of the machine', '/etc/hostname'],
  ])('to %s are refused', async (__, target) => {
    const repository = await shop();
    await repository.git('config', 'http.extraheader', 'AUTHORIZATION: basic c2VjcmV0');
    await repository.write(new Map([[clientFile, null]]));
    await symlink(target, join(repository.root, clientFile));
    if (head !== undefined) await repository.commit(new Map(), 'Link');
    const { head: state } = await statesOf(repository, head);
    const text = JSON.stringify(state.problems);
    expect(text).not.toContain('c2VjcmV0');
    expect(text).toMatch(/leads outside of the files|no such file/);
  });
});

it('refuses links to folders in commits, which git does not follow', async () => {
  const repository = await shop();
  await link(repository, 'schemas/clients/web', 'shared/web');
  await repository.commit(new Map(), 'Link');
  await expect(statesOf(repository, 'main')).rejects.toThrow(
    /schemas\/clients\/web: is a symbolic link to a folder/,
  );
});

it('refuses what Git LFS stores elsewhere', async () => {
  const repository = await shop();
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n';
  await repository.commit(new Map([[productsFile, pointer]]), 'Store elsewhere');
  await writeFile(join(repository.root, productsFile), shopFiles.get(productsFile) ?? '');
  await expect(statesOf(repository)).rejects.toThrow(/products\.graphql: is stored by Git LFS/);
});

it('replaces no variables of the environment, because reports are published', async () => {
  vi.stubEnv('SOME_TOKEN', 'c2VjcmV0');
  onTestFinished(() => void vi.unstubAllEnvs());
  const repository = await shop();
  await repository.write(
    new Map([
      [clientFile, 'owner: "x${SOME_TOKEN}"\n'],
      [
        'schemas/graph.yaml',
        (shopFiles.get('schemas/graph.yaml') ?? '').replace('catalog-team', '"x${SOME_TOKEN}"'),
      ],
    ]),
  );
  const { head } = await statesOf(repository);
  expect(head.clients.find(({ name }) => name === 'web')?.owner).toBe('x');
  expect(JSON.stringify(head)).not.toContain('c2VjcmV0');
});

describe('a base', () => {
  const statesIn = ({ root }: TestRepository, flags: Readonly<Record<string, string>>) => {
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue(root);
    onTestFinished(() => cwd.mockRestore());
    return readStates({ graph: join(root, 'schemas/graph.yaml'), ...flags });
  };

  it('that is a folder without the graph is a mistake', async () => {
    const repository = await shop();
    const empty = await folderWith({ 'other.txt': '' });
    await expect(statesIn(repository, { base: empty })).rejects.toThrow(
      /has no graph: there is none of schemas\/graph\.yaml, graph\.yaml$/,
    );
  });

  it.each([
    ['from its own folder', 'schemas/'],
    ['from the root', ''],
  ])('that is a folder has the graph %s, and its clients beside it', async (_where, prefix) => {
    const repository = await shop();
    const files = [...shopFiles].filter(([file]) => file.startsWith(prefix));
    const folder = await folderWith(
      Object.fromEntries(files.map(([file, text]) => [file.slice(prefix.length), text ?? ''])),
    );
    const { base, head } = await statesIn(repository, { base: folder });
    expect(base.clients.map(({ name }) => name)).toEqual(head.clients.map(({ name }) => name));
    expect(sizes(base)).toEqual(sizes(head));
  });

  it('that is a folder with several graphs has the one at the same place', async () => {
    const repository = await shop();
    const all = [...shopFiles].flatMap(([file, text]) => [
      [file.replace(/^schemas/, 'b/schemas'), text ?? ''],
      [file, (text ?? '').replaceAll('web-team', 'other-team')],
    ]);
    await repository.write(new Map(all.map(([file = '', text = '']) => [file, text])));
    const folder = await folderWith(Object.fromEntries(all) as Record<string, string>);
    const graph = join(repository.root, 'b/schemas/graph.yaml');
    const { base } = await statesIn(repository, { base: folder, graph });
    expect(base.clients.find(({ name }) => name === 'web')?.owner).toBe('web-team');
  });

  it('whose clients are in neither state has a mistyped folder', async () => {
    const repository = await shop();
    const clients = join(repository.root, 'schemas/client');
    await expect(statesIn(repository, { base: 'HEAD', clients })).rejects.toThrow(
      '--clients: there is no folder',
    );
  });
});
