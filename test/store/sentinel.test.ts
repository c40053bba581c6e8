/** The shared store behind Sentinel: accounts, TLS, and fail-overs of every kind. */
import { describe, expect, it, onTestFinished } from 'vitest';

import { makeAuthority } from '../support/certificates.ts';
import { writeCertificates } from '../support/redis-certificates.ts';
import { startSentinelSet, type SentinelOptions, type SentinelSet } from '../support/redis-sentinel.ts';
import { attempt, failingStart, opened, timeUntilWritten } from './opened-store.ts';

async function sentinelSet(options: SentinelOptions = {}): Promise<SentinelSet> {
  const set = await startSentinelSet(options);
  onTestFinished(() => set.close());
  return set;
}

const settingsOf = ({ name, sentinels }: SentinelSet) => ({
  name,
  addresses: sentinels.map(({ url }) => url),
});

it('uses the master that the sentinels name, and says where they are', async () => {
  const set = await sentinelSet();
  const { store, changes } = await opened({ sentinel: { ...settingsOf(set), database: 3 } });
  expect(await attempt(store, 'a')).toMatchObject({ result: 'ok' });
  expect(await set.master.tell('INFO keyspace')).toContain('db3:keys=1');
  expect(changes).toEqual([`connected ${set.sentinels.map(({ url }) => url).join(', ')} (main) `]);
});

describe('a fail-over', () => {
  it.each(['command', 'kill', 'stop'] as const)(
    'by %s is followed within 2 s of the new master being known',
    async (how) => {
      const set = await sentinelSet();
      const { store } = await opened({ sentinel: settingsOf(set), commandTimeoutMs: 50 });
      await timeUntilWritten(store, 'before');
      const load = setInterval(() => void attempt(store, 'load'), 5);
      onTestFinished(() => clearInterval(load));
      await set.failOver(how);
      expect(await timeUntilWritten(store, 'after')).toBeLessThan(2000);
      expect(await set.master.tell('EXISTS tributary:after')).toContain(':1');
    },
  );

  it('leaves no process at a master that was only out of reach and goes on as one', async () => {
    const set = await sentinelSet();
    const { store } = await opened({ sentinel: settingsOf(set) });
    await timeUntilWritten(store, 'before');
    const old = set.master;
    // No command is pending meanwhile that could time out.
    await set.failOver('stop');
    old.signal('SIGCONT');
    expect(await old.tell('ROLE')).toContain('master');
    await timeUntilWritten(store, 'after');
    expect(await set.master.tell('EXISTS tributary:after')).toContain(':1');
  });

  it('is looked for as soon as a master answers READONLY, whether or not its connections are closed', async () => {
    const set = await sentinelSet();
    const { store, changes } = await opened({ sentinel: settingsOf(set) });
    await timeUntilWritten(store, 'before');
    // They would close them.
    for (const sentinel of set.sentinels) sentinel.signal('SIGSTOP');
    await set.master.tell('REPLICAOF 127.0.0.1 1');
    expect((await attempt(store, 'a')).result).toMatch(/^READONLY/);
    await expect.poll(() => changes.some((line) => line.startsWith('lost'))).toBe(true);
    for (const sentinel of set.sentinels) sentinel.signal('SIGCONT');
    await timeUntilWritten(store, 'after', 30_000);
  });

  it('is followed though one of the sentinels is dead and another one frozen', async () => {
    const set = await sentinelSet();
    const { store } = await opened({ sentinel: settingsOf(set) });
    await set.failOver('command');
    await set.sentinels[0]?.kill();
    set.sentinels[1]?.signal('SIGSTOP');
    await set.master.tell('CLIENT KILL TYPE normal');
    expect(await timeUntilWritten(store, 'after')).toBeLessThan(3000);
  });
});

describe('what is wrong is said', () => {
  it('where no sentinel knows the name', async () => {
    const set = await sentinelSet();
    const { changes } = await opened({
      sentinel: { ...settingsOf(set), name: 'other' },
      ...failingStart,
    });
    expect(changes[0]).toMatch(/^lost redis:.* \(other\) connected to sentinel .* invalid reply: null/);
  });

  it('where no sentinel is there', async () => {
    const sentinel = { name: 'main', addresses: ['redis://127.0.0.1:1'] };
    const { store, changes } = await opened({ sentinel, ...failingStart });
    expect(changes[0]).toMatch(/^lost redis:.* connect ECONNREFUSED 127.0.0.1:1$/);
    expect((await attempt(store, 'a')).result).toBe('there is no connection to Redis');
  });
});

it('has accounts of its own at the sentinels and at the servers, and shows neither', async () => {
  const set = await sentinelSet({
    // The default user stays, for the sentinels and this test.
    serverArgs: () => ['--user', ...'gateway on >server-secret ~tributary:* +info +incr'.split(' ')],
    sentinelArgs: () => [
      '--user',
      ...'watcher on >sentinel-secret &+switch-master +subscribe +sentinel|get-master-addr-by-name'.split(
        ' ',
      ),
    ],
  });
  const account = { username: 'gateway', password: 'server-secret' };
  const sentinel = { ...settingsOf(set), username: 'watcher', password: 'sentinel-secret' };
  const { store } = await opened({ sentinel, ...account });
  expect(await attempt(store, 'a')).toMatchObject({ result: 'ok' });
  expect(await set.master.tell('CLIENT LIST')).toContain('user=gateway');
  for (const one of set.sentinels)
    await expect.poll(() => one.tell('CLIENT LIST')).toMatch(/user=watcher.*sub=1|sub=1.*user=watcher/);

  const wrong = [
    { sentinel, ...account, password: 'wr0ng-secret' },
    { sentinel: { ...sentinel, password: 'wr0ng-secret' }, ...account },
  ];
  for (const settings of wrong) {
    const { changes } = await opened({ ...settings, ...failingStart });
    expect(changes[0]).toMatch(/^lost .*WRONGPASS/);
    expect(changes.join('\n')).not.toContain('secret');
  }
});

it('over TLS believes sentinels and servers by their certificates only', async () => {
  const authority = makeAuthority();
  const files = await writeCertificates(authority, ['IP:127.0.0.1']);
  onTestFinished(() => files.remove());
  const args = (port: number): string[] => [
    ...files.args,
    '--tls-port',
    String(port),
    '--tls-replication',
    'yes',
  ];
  const set = await sentinelSet({ serverArgs: args, sentinelArgs: args });
  const addresses = set.sentinels.map(({ port }) => `rediss://127.0.0.1:${port}`);
  const sentinel = { name: set.name, addresses };
  const { store } = await opened({ sentinel, caFile: files.caPath });
  expect(await attempt(store, 'a')).toMatchObject({ result: 'ok' });
  const { changes } = await opened({ sentinel, ...failingStart });
  expect(changes[0]).toMatch(/^lost rediss:.*certificate/);
  const plain = await opened({
    sentinel: { ...sentinel, serverTls: false },
    caFile: files.caPath,
    ...failingStart,
  });
  expect(plain.changes[0]).toMatch(/^lost/);
});
