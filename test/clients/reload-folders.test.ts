/** Folders of clients in any state: each client that can change does, and each refusal is reported once. */

import { execFile } from 'node:child_process';
import { appendFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it, onTestFinished, vi } from 'vitest';

import { ClientDirectory } from '../../src/clients/client-directory.ts';
import { ClientReload, type ClientReloadOptions, type Clients } from '../../src/clients/client-reload.ts';
import { allValid, ClientSource } from '../../src/clients/client-source.ts';
import type { Contract } from '../../src/pipeline/contract.ts';
import { GatewayError } from '../../src/shared/errors.ts';
import { Events } from '../../src/shared/events.ts';
import { folderWith } from '../support/folder.ts';

const config = { anonymous: 'contract' } as const;
const owned = (rest = ''): string => `owner: team\n${rest}`;
const withHost = (host: string): string => owned(`identify: { hosts: [${host}] }\n`);

/** Clients `anonymous` and those given; `look` reads their folders as a poll does. */
async function given(files: Readonly<Record<string, string>>, options: Partial<ClientReloadOptions> = {}) {
  const all = { anonymous: owned(), ...files };
  const folder = await folderWith(
    Object.fromEntries(Object.entries(all).map(([name, text]) => [`clients/${name}/client.yaml`, text])),
  );
  const clients = join(folder, 'clients');
  const source = new ClientSource(clients);
  let inUse: Clients = { directory: new ClientDirectory(allValid(await source.read()), config), refused: [] };
  const events = new Events();
  const refusals: Array<string | null> = [];
  events.on('clientRefused', ({ client }) => refusals.push(client));
  const reload = new ClientReload({
    source,
    inUse,
    config,
    checkContract: () => Promise.resolve(),
    replace: (next) => {
      inUse = next;
      return Promise.resolve();
    },
    events,
    intervalMs: 0,
    ...options,
  });
  onTestFinished(() => reload.close());
  return {
    clients,
    events,
    refusals,
    look: () => reload.now(),
    write: (client: string, text: string) => writeFile(join(clients, client, 'client.yaml'), text),
    ownerOf: (client: string) => inUse.directory.configs.find(({ name }) => name === client)?.owner,
    byHost: (host: string) => inUse.directory.byHost(host)?.name,
    refused: () => inUse.refused,
  };
}

it.each<[string, string, (clients: string) => Promise<unknown>]>([
  ['a link to nowhere', 'gone', (clients) => symlink('/nowhere/at/all', join(clients, 'gone'))],
  ['a link to itself', 'loop', (clients) => symlink('loop', join(clients, 'loop'))],
  ['an invalid name', 'Web', (clients) => mkdir(join(clients, 'Web'))],
  ['no client.yaml', 'empty', (clients) => mkdir(join(clients, 'empty'))],
  ['a folder as client.yaml', 'x', (clients) => mkdir(join(clients, 'x/client.yaml'), { recursive: true })],
  [
    'a pipe as client.yaml',
    'mobile',
    (clients) => replaced(clients, (path) => promisify(execFile)('mkfifo', [path])),
  ],
  ['an endless client.yaml', 'mobile', (clients) => replaced(clients, (path) => symlink('/dev/zero', path))],
  [
    'a huge client.yaml',
    'mobile',
    (clients) => replaced(clients, (path) => writeFile(path, '#'.repeat(1e7))),
  ],
  [
    'a removed folder of others',
    'anonymous',
    (clients) => rm(join(clients, 'anonymous'), { recursive: true }),
  ],
])('%s is reported once, and the other clients change', async (_title, name, spoil) => {
  const { clients, write, look, ownerOf, refused, refusals } = await given({ web: owned(), mobile: owned() });
  await spoil(clients);
  await write('web', 'owner: next\n');
  await look();
  expect(ownerOf('web')).toBe('next');
  expect([ownerOf('mobile'), ownerOf('anonymous')]).toEqual(['team', 'team']);
  await write('web', 'owner: last\n');
  await look();
  expect(ownerOf('web')).toBe('last');
  expect([refused(), refusals]).toEqual([[name], [name]]);
});

async function replaced(clients: string, make: (path: string) => Promise<unknown>): Promise<void> {
  const path = join(clients, 'mobile/client.yaml');
  await rm(path);
  await make(path);
}

it('a host moves from one client to another in one change, and two clients exchange theirs', async () => {
  const { write, look, byHost, refused } = await given({
    a: owned(),
    b: withHost('x.test'),
    c: withHost('y.test'),
  });
  await write('a', withHost('x.test'));
  await write('b', owned());
  await look();
  expect([byHost('x.test'), byHost('y.test')]).toEqual(['a', 'c']);
  await write('a', withHost('y.test'));
  await write('c', withHost('x.test'));
  await look();
  expect([byHost('x.test'), byHost('y.test'), refused()]).toEqual(['c', 'a', []]);
  // Beside a conflict, a move still finds its order.
  await write('a', owned());
  await write('b', withHost('y.test'));
  await write('anonymous', withHost('x.test'));
  await look();
  expect([byHost('x.test'), byHost('y.test'), refused()]).toEqual(['c', 'b', ['anonymous']]);
});

it('a folder of clients that is missing is reported once, and what it holds later is put in place', async () => {
  const { clients, write, look, ownerOf, refusals } = await given({ web: owned() });
  await rename(clients, `${clients}-away`);
  await look();
  await look();
  expect([refusals, ownerOf('web')]).toEqual([[null], 'team']);
  await rename(`${clients}-away`, clients);
  await write('web', 'owner: next\n');
  await look();
  expect([refusals, ownerOf('web')]).toEqual([[null], 'next']);
});

it('a contract that does not hold is tried again when the graph has changed', async () => {
  let holds = false;
  const checkContract = ({ exclude }: Contract): Promise<void> =>
    holds || exclude.length === 0
      ? Promise.resolve()
      : Promise.reject(new GatewayError('CONTRACT_INVALID', 'no'));
  const { events, write, look, ownerOf, refused } = await given({ web: owned() }, { checkContract });
  await write('web', 'owner: next\ncontract: { exclude: [a] }\n');
  await look();
  expect([ownerOf('web'), refused()]).toEqual(['team', ['web']]);
  holds = true;
  events.emit('graphReplaced', { hash: 'next' });
  await expect.poll(() => [ownerOf('web'), refused()]).toEqual(['next', []]);
  holds = false;
  events.emit('graphReplaced', { hash: 'third' });
  await expect.poll(() => [ownerOf('web'), refused()]).toEqual(['next', ['web']]);
});

it('a contract that could not be checked is checked again by the next poll', async () => {
  const checkContract = vi
    .fn<(contract: Contract) => Promise<void>>()
    .mockImplementation(({ exclude }) =>
      exclude.length === 0 ||
      checkContract.mock.calls.filter(([{ exclude: tags }]) => tags.length > 0).length > 1
        ? Promise.resolve()
        : Promise.reject(new GatewayError('PLANNING_TIMEOUT', 'later')),
    );
  const { write, ownerOf, refused } = await given({ web: owned() }, { checkContract, intervalMs: 10 });
  await write('web', 'owner: next\ncontract: { exclude: [a] }\n');
  await expect.poll(() => [ownerOf('web'), refused()]).toEqual(['next', []]);
});

it('clients that could not be put in place are tried again by the next poll', async () => {
  const replace = vi
    .fn<(next: Clients) => Promise<void>>()
    .mockRejectedValueOnce(new Error('a worker is gone'));
  const { write, refusals } = await given({ web: owned() }, { replace, intervalMs: 10 });
  await write('web', 'owner: next\n');
  await expect.poll(() => replace.mock.lastCall?.[0].directory.named('web')).toBeDefined();
  await expect.poll(() => replace).toHaveBeenCalledTimes(2);
  expect(refusals).toEqual([null]);
});

it('a client.yaml that is still being written is not read', async () => {
  const { clients: folder } = await given({ web: owned() });
  const source = new ClientSource(folder);
  await source.read();
  const path = join(folder, 'web/client.yaml');
  await writeFile(path, owned());
  expect(await source.readIfChanged()).toBeUndefined();
  await appendFile(path, 'contract:\n  exclude:\n    - internal\n');
  expect(await source.readIfChanged()).toBeUndefined();
  await appendFile(path, '    - secret\n');
  expect(await source.readIfChanged()).toBeUndefined();
  const clients = await source.readIfChanged();
  expect(clients?.get('web')).toMatchObject({ contract: { exclude: ['internal', 'secret'] } });
  expect(await source.readIfChanged()).toBeUndefined();
});

it('a client.yaml with thousands of mistakes is refused with the first of them', async () => {
  const keys = Array.from({ length: 3_000 }, (_, i) => `key${i}: 1`).join('\n');
  const { clients, look, refused, write } = await given({ web: owned() });
  await write('web', owned(keys));
  await look();
  expect(refused()).toEqual(['web']);
  const web = (await new ClientSource(clients).read()).get('web');
  if (!(web instanceof Error)) throw new Error('it is valid');
  const lines = web.message.split('\n');
  expect([lines.length, lines[0], lines.at(-1)]).toEqual([
    101,
    expect.stringContaining('client.yaml:2:1 key0: unknown key (known: owner'),
    'and 2900 more',
  ]);
});

it('a client whose folder is invalid is listed as long as it is, whatever becomes of its contract', async () => {
  let outcome: GatewayError | null = null;
  const checkContract = (): Promise<void> => (outcome ? Promise.reject(outcome) : Promise.resolve());
  const { events, write, look, refused } = await given({ web: owned() }, { checkContract });
  const graphReplaced = (): void => events.emit('graphReplaced', { hash: 'next' });
  outcome = new GatewayError('CONTRACT_INVALID', 'no');
  graphReplaced();
  await expect.poll(() => refused().toSorted()).toEqual(['anonymous', 'web']);
  // The planner could not say: what was true before is all that is known.
  outcome = new GatewayError('PLANNING_TIMEOUT', 'busy');
  graphReplaced();
  await look();
  expect(refused().toSorted()).toEqual(['anonymous', 'web']);
  await write('web', 'owner: [\n');
  await look();
  outcome = null;
  graphReplaced();
  await expect.poll(() => refused()).toEqual(['web']);
  await write('web', owned());
  await look();
  expect(refused()).toEqual([]);
});
