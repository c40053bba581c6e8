import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { folderWith } from '../../../test/support/folder.ts';
import { clientConfig, clientFileSchema } from './client-file.ts';
import { clientFolders, readClient } from './client-folders.ts';

const yaml = 'owner: team\n';

describe('folders of clients', () => {
  it('are listed by name, without files and hidden folders', async () => {
    const folder = await folderWith({
      'web/client.yaml': yaml,
      'mobile-2/client.yaml': yaml,
      '.git/config': '',
      'README.md': '',
    });
    const folders = await clientFolders(folder);
    expect(folders.map(({ name }) => name)).toEqual(['mobile-2', 'web']);
  });

  it.each(['Web', 'a b', 'graphiql', '2web', 'web_shop'])('cannot have the name %s', async (name) => {
    const folder = await folderWith({ [`${name}/client.yaml`]: yaml });
    const [client] = await clientFolders(folder);
    if (!client) throw new Error('there is no folder');
    await expect(readClient(client)).rejects.toThrow('expected a client');
  });

  it('have a state that changes with their client.yaml alone', async () => {
    const folder = await folderWith({ 'web/client.yaml': yaml });
    const stateOf = async (): Promise<string | undefined> => (await clientFolders(folder))[0]?.state;
    const before = await stateOf();
    expect(await stateOf()).toBe(before);
    await writeFile(join(folder, 'web/api.graphql'), 'type Query');
    expect(await stateOf()).toBe(before);
    await writeFile(join(folder, 'web/client.yaml'), `${yaml}tier: free\n`);
    expect(await stateOf()).not.toBe(before);
  });

  it('that are missing are an error that says what is', async () => {
    const folder = await folderWith({});
    await expect(clientFolders(join(folder, 'nowhere'))).rejects.toThrow('cannot be read');
    await mkdir(join(folder, 'web'));
    const [web] = await clientFolders(folder);
    if (!web) throw new Error('there is no folder');
    await expect(readClient(web)).rejects.toThrow('client.yaml: no such file');
    await rm(join(folder, 'web'), { recursive: true });
  });
});

describe('a client.yaml', () => {
  const contractOf = (file: object) =>
    clientConfig('web', clientFileSchema.parse({ owner: 'team', ...file })).contract;

  it('without options gives a client that sees the whole graph', () => {
    expect(contractOf({})).toMatchObject({
      include: [],
      exclude: [],
      hideUnreachableTypes: true,
      mode: 'cascade',
      introspection: true,
      hiddenMembers: 'null',
    });
  });

  it('gives equal contracts one id, whatever the order of their tags', () => {
    const id = contractOf({ contract: { exclude: ['a', 'b', 'a'] } }).id;
    expect(contractOf({ contract: { exclude: ['b', 'a'] } }).id).toBe(id);
    expect(contractOf({ contract: { exclude: ['b', 'a'] }, tier: 'free' }).id).toBe(id);
  });

  it.each([
    [{ contract: { exclude: ['a'] } }],
    [{ contract: { include: ['a', 'b'] } }],
    [{ contract: { exclude: ['a,b'.replace(',', '/')] } }],
    [{ contract: { mode: 'strict' } }],
    [{ contract: { hideUnreachableTypes: false } }],
    [{ introspection: 'off' }],
    [{ hiddenMembers: 'drop' }],
  ])('gives other contracts another id: %j', (file) => {
    expect(contractOf(file).id).not.toBe(contractOf({}).id);
  });

  it.each([
    ['a tag with a space', { contract: { include: ['a b'] } }, 'expected letters, digits'],
    ['a host with a port', { identify: { hosts: ['example.com:80'] } }, 'expected a host'],
    ['a host in upper case', { identify: { hosts: ['Example.com'] } }, 'expected a host'],
    ['an unknown mode', { contract: { mode: 'lax' } }, 'cascade'],
    ['an unknown option', { contrct: {} }, 'contrct'],
  ])('with %s is refused', (_what, file, message) => {
    const result = clientFileSchema.safeParse({ owner: 'team', ...file });
    expect(result.error?.message).toContain(message);
  });
});
