/** API keys in a file: which hold, for how long, and what a broken file does to them. */
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import {
  fileKeyRepository,
  openFileKeys,
  lastUsedPath,
  writeLastUsed,
} from '../../src/authn/api-keys/file-keys.ts';
import { openApiKeys } from '../../src/authn/api-keys/open-api-keys.ts';
import { apiKeysSchema } from '../../src/config/gateway/auth-api-keys.ts';
import { Events } from '../../src/shared/events.ts';
import { folderWith } from '../support/folder.ts';
import { forgedKey, managed, shower } from './support.ts';

const dayMs = 86_400_000;

async function given() {
  const path = join(await folderWith({}), 'keys.json');
  const clock = { nowMs: Date.parse('2026-06-01T00:00:00Z') };
  const repository = fileKeyRepository(path);
  const keys = managed(repository, () => clock.nowMs);
  const first = await keys.create();
  const failures: string[] = [];
  const lookup = await openFileKeys({ path, pollMs: 5, onFailure: (reason) => failures.push(reason) });
  onTestFinished(() => lookup.close());
  return { path, clock, repository, keys, first, failures, show: shower(lookup, () => clock.nowMs) };
}

it('tells when the first key of each client expires that nobody has replaced yet', async () => {
  const { path, clock, keys } = await given();
  const inDays = (days: number): number => clock.nowMs + days * dayMs;
  await keys.create({ client: 'web', expiresAtMs: inDays(5) });
  await keys.create({ client: 'web', expiresAtMs: inDays(3) });
  const { record: rotated } = await keys.create({ client: 'app', expiresAtMs: inDays(1) });
  await keys.manager.rotate(rotated.id, { graceMs: 1000, expiresAtMs: inDays(9) });
  const { record: revoked } = await keys.create({ client: 'app', expiresAtMs: inDays(2) });
  await keys.manager.revoke(revoked.id);
  const opened = await openFileKeys({ path, pollMs: 5, onFailure: () => {} });
  onTestFinished(() => opened.close());
  expect([...opened.firstExpiries(clock.nowMs)]).toEqual([
    ['web', inDays(3)],
    ['app', inDays(9)],
  ]);
  expect([...opened.firstExpiries(inDays(4))]).toEqual([
    ['web', inDays(5)],
    ['app', inDays(9)],
  ]);
});

describe('a key', () => {
  it('says which client calls, on what tier, and what it may', async () => {
    const { first, show } = await given();
    expect((await show(first.text)).principal).toEqual({
      subject: null,
      client: 'web',
      tier: 'premium',
      scopes: ['read'],
      roles: [],
      claims: { key_id: first.record.id },
      provenBy: 'api-key',
      issuer: 'api-keys',
      validUntilMs: null,
    });
  });

  it('is kept as its SHA-256 only', async () => {
    const { path, first } = await given();
    const text = await readFile(path, 'utf8');
    expect(text).toContain(first.record.id);
    expect(text).not.toContain(first.text.slice(18, 40));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('is refused where its id is known and its secret is another, or its id is not known', async () => {
    const { first, keys, show } = await given();
    const elsewhere = managed(fileKeyRepository(join(await folderWith({}), 'other.json')));
    const foreign = await elsewhere.create();
    expect(await show(foreign.text)).toEqual({ code: 'UNAUTHENTICATED', reason: 'the API key is unknown' });
    const second = await keys.create();
    await expect.poll(async () => (await show(second.text)).code).toBeUndefined();
    // Whole and with a good checksum, as nobody could type it by mistake.
    const forged = forgedKey(first.record.id, second.text.slice(18, 61));
    expect(await show(forged)).toEqual({ code: 'UNAUTHENTICATED', reason: 'the API key is unknown' });
  });

  it('is refused where it is there twice, or does not have the form of one', async () => {
    const { first, show } = await given();
    const twice = ['X-Api-Key', first.text, 'x-api-key', first.text];
    expect((await show(first.text, twice)).reason).toBe('the API key was sent more than once');
    for (const text of [
      `${first.text}, ${first.text}`,
      first.text.slice(0, -1),
      '',
      '__proto__',
      'constructor',
    ])
      expect((await show(text)).reason).toBe('the API key is malformed: its format or checksum is wrong');
  });

  it('ends when it says', async () => {
    const { clock, keys, show } = await given();
    const brief = await keys.create({ expiresAtMs: clock.nowMs + dayMs });
    await expect.poll(async () => (await show(brief.text)).code).toBeUndefined();
    clock.nowMs += dayMs - 1;
    expect((await show(brief.text)).principal).toBeDefined();
    clock.nowMs += 1;
    expect((await show(brief.text)).reason).toBe(`the API key trib_${brief.record.id} has expired`);
  });

  it('ends when it is revoked, and stays so', async () => {
    const { first, keys, show } = await given();
    const { revokedAt } = await keys.manager.revoke(first.record.id);
    await expect
      .poll(async () => (await show(first.text)).reason)
      .toBe(`the API key trib_${first.record.id} is revoked`);
    expect((await keys.manager.revoke(first.record.id)).revokedAt).toBe(revokedAt);
  });

  it('that is rotated holds beside its successor until its grace is over', async () => {
    const { clock, first, keys, show } = await given();
    const next = await keys.manager.rotate(first.record.id, { graceMs: dayMs, expiresAtMs: undefined });
    expect(next.record).toMatchObject({ client: 'web', tier: 'premium', scopes: ['read'], expiresAt: null });
    await expect.poll(async () => (await show(next.text)).code).toBeUndefined();
    expect((await show(first.text)).principal).toBeDefined();
    clock.nowMs += dayMs;
    expect((await show(first.text)).reason).toBe(`the API key trib_${first.record.id} has expired`);
    expect((await show(next.text)).principal).toBeDefined();
    const again = keys.manager.rotate(first.record.id, { graceMs: 0, expiresAtMs: null });
    await expect(again).rejects.toThrow(`was rotated already: rotate trib_${next.record.id}`);
  });

  it('that lasted 90 days gets a successor that does', async () => {
    const { clock, keys } = await given();
    const old = await keys.create({ expiresAtMs: clock.nowMs + 90 * dayMs });
    clock.nowMs += 80 * dayMs;
    const next = await keys.manager.rotate(old.record.id, { graceMs: 0, expiresAtMs: undefined });
    expect(Date.parse(next.record.expiresAt ?? '') - clock.nowMs).toBe(90 * dayMs);
  });
});

describe('a file that', () => {
  it.each([
    ['is not JSON', '{', 'it is not JSON'],
    ['is another', '{"version":2,"keys":[]}', 'it is not a file of API keys: version'],
    [
      'has an id twice',
      JSON.stringify({ version: 1, keys: [key('aaaaaaaaaaaa'), key('aaaaaaaaaaaa')] }),
      'expected each id once',
    ],
    [
      'has a key without a digest',
      JSON.stringify({ version: 1, keys: [{ ...key('a'), sha256: '' }] }),
      'keys.0',
    ],
  ])('%s changes nothing, and is not written over', async (_what, text, reason) => {
    const { path, first, failures, keys, show } = await given();
    // Renamed into place, so that the gateway sees one change.
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
    await expect.poll(() => failures).toEqual([expect.stringContaining(reason)]);
    expect((await show(first.text)).principal).toBeDefined();
    await expect(keys.create()).rejects.toThrow(reason);
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('is gone changes nothing for the keys that were there', async () => {
    const { path, first, failures, show } = await given();
    await rm(path);
    await expect.poll(() => failures).toEqual(['no such file']);
    expect((await show(first.text)).principal).toBeDefined();
  });
});

it.each([
  ['no usedPath for keys', {}, 'auth.apiKeys: say where keys are stored: set "file", or "redis"'],
  ['a file that is not there', { file: '/none/keys.json' }, /no such file: create the first key with/],
])('%s stops the start', async (_what, settings, message) => {
  const opening = openApiKeys(apiKeysSchema.parse(settings), new Events(), undefined);
  await expect(opening).rejects.toThrow(message);
});

it('many who make keys at once lose none', async () => {
  const { repository, keys } = await given();
  const made = await Promise.all(Array.from({ length: 20 }, () => keys.create()));
  const records = await repository.read();
  expect(made.filter(({ record }) => !records.has(record.id))).toEqual([]);
  expect(records.size).toBe(21);
});

it('of two who rotate one key at once, one is told that the other was first', async () => {
  const { repository, first, keys } = await given();
  const rotate = () => keys.manager.rotate(first.record.id, { graceMs: dayMs, expiresAtMs: null });
  const settled = await Promise.allSettled([rotate(), rotate()]);
  expect(settled.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect((await repository.read()).size).toBe(2);
});

it('times of use of several gateways come together, the latest of each key', async () => {
  const { path, repository, first } = await given();
  const usedPath = lastUsedPath(path);
  const { id } = first.record;
  expect(await writeLastUsed(usedPath, new Map([[id, 2000]]))).toEqual([]);
  expect(await writeLastUsed(usedPath, new Map([[id, 1000]]))).toEqual([id]);
  await writeLastUsed(usedPath, new Map([['bbbbbbbbbbbb', 3000]]));
  expect(await repository.lastUsed()).toEqual(
    new Map([
      [id, 2000],
      ['bbbbbbbbbbbb', 3000],
    ]),
  );
  await writeFile(usedPath, '{"__proto__":"2026-01-01T00:00:00Z","x":1,');
  expect(await repository.lastUsed()).toEqual(new Map());
});

function key(id: string): object {
  return { id, sha256: 'A'.repeat(43), client: 'web', createdAt: '2026-01-01T00:00:00Z' };
}
