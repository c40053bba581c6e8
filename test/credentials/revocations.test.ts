/** Revocations in a file and in a real Redis: how soon they are seen, and what holds without the place they are in. */
import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import {
  fileRevocationRepository,
  openFileRevocations,
} from '../../src/authn/revocation/file-revocations.ts';
import { RedisRevocations, redisRevocationRepository } from '../../src/authn/revocation/redis-revocations.ts';
import type { RevocationRepository, Revocations } from '../../src/authn/revocation/revocation-repository.ts';
import { revocationCheck } from '../../src/authn/revocation/revocations.ts';
import { anonymous } from '../../src/pipeline/principal.ts';
import type { RevocationEntry } from '../../src/config/gateway/auth-revocation.ts';
import { redisSchema } from '../../src/config/gateway/redis.ts';
import { Events } from '../../src/shared/events.ts';
import { StoreUnavailable } from '../../src/store/failures.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { folderWith } from '../support/folder.ts';
import { redisUrl } from '../support/redis.ts';

const entriesMax = 50;
const wallClock = Date.now;
const pollMs = 10;
const hourMs = 3_600_000;

function entry(jti: string, lastsMs = hourMs): RevocationEntry {
  const nowMs = Date.now();
  return {
    jti,
    createdAt: new Date(nowMs).toISOString(),
    expiresAt: new Date(nowMs + lastsMs).toISOString(),
  };
}

/** What happens to a token. */
function verdictOf(revocations: Revocations, untilLoaded: 'refuse' | 'accept' = 'refuse') {
  const check = revocationCheck(revocations, untilLoaded, wallClock);
  return (jti: string): string => {
    try {
      check({ principal: { ...anonymous, subject: 'ada', claims: { jti, iat: 1 } } });
      return 'accepted';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
}

interface Given {
  /** Ahead of the time of day, for whoever makes revocations. */
  readonly clock: { aheadMs: number };
  readonly repository: RevocationRepository;
  readonly verdict: (jti: string) => string;
  readonly failures: string[];
}

async function inFile(): Promise<Given & { readonly path: string }> {
  const path = join(await folderWith({}), 'revoked.json');
  const failures: string[] = [];
  const onFailure = (reason: string) => void failures.push(reason);
  const revocations = await openFileRevocations({ path, pollMs, entriesMax, wallClock, onFailure });
  onTestFinished(() => revocations.close());
  const clock = { aheadMs: 0 };
  const repository = fileRevocationRepository(path, {
    entriesMax,
    wallClock: () => Date.now() + clock.aheadMs,
  });
  return { clock, path, repository, verdict: verdictOf(revocations), failures };
}

async function inRedis(options: { readonly isDown?: boolean } = {}) {
  const settings = { url: await redisUrl(), keyPrefix: `${randomUUID()}:`, commandTimeoutMs: 1000 };
  const real = await openStore(redisSchema.parse(settings), new Events());
  const stream = real.key('revocations');
  onTestFinished(async () => {
    await real.run((redis) => redis.del(stream));
    await real.close();
  });
  const redis = { isDown: options.isDown ?? false };
  const store: Store = {
    isCluster: false,
    masters: () => [],
    key: (name) => real.key(name),
    run: (command) =>
      redis.isDown ? Promise.reject(new StoreUnavailable('Redis is lost')) : real.run(command),
    close: () => real.close(),
  };
  const failures: string[] = [];
  const onFailure = (reason: string) => void failures.push(reason);
  const revocations = await RedisRevocations.open({ store, pollMs, entriesMax, wallClock, onFailure });
  onTestFinished(() => revocations.close());
  const clock = { aheadMs: 0 };
  const repository = redisRevocationRepository(real, {
    entriesMax,
    wallClock: () => Date.now() + clock.aheadMs,
  });
  return { clock, real, stream, redis, revocations, repository, verdict: verdictOf(revocations), failures };
}

describe.each<[string, () => Promise<Given>]>([
  ['a file', inFile],
  ['Redis', inRedis],
])('in %s', (_place, given) => {
  it('a revocation is seen soon, with all that came before it', async () => {
    const { repository, verdict } = await given();
    expect(verdict('a')).toBe('accepted');
    for (const jti of ['a', 'b', 'c']) await repository.add(entry(jti));
    await expect
      .poll(() => ['a', 'b', 'c', 'd'].map(verdict))
      .toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED', 'UNAUTHENTICATED', 'accepted']);
    expect((await repository.read()).map(({ jti }) => jti)).toEqual(['a', 'b', 'c']);
  });

  it('several that are made at once are all kept', async () => {
    const { repository } = await given();
    await Promise.all(Array.from({ length: 20 }, (_, i) => repository.add(entry(`t${i}`))));
    expect(await repository.read()).toHaveLength(20);
  });

  it('there is room for so many, and what has ended makes some', async () => {
    const { clock, repository } = await given();
    for (let i = 0; i < entriesMax; i += 1)
      await repository.add(entry(`t${i}`, i === 0 ? hourMs : 2 * hourMs));
    await expect(repository.add(entry('more'))).rejects.toThrow(
      `there are ${entriesMax} revocations already`,
    );
    clock.aheadMs = hourMs;
    await repository.add(entry('more', 2 * hourMs));
    expect(await repository.read()).toHaveLength(entriesMax);
  });
});

it('a file that is broken or gone takes nothing back', async () => {
  const { path, repository, verdict, failures } = await inFile();
  await repository.add(entry('a'));
  await expect.poll(() => verdict('a')).toBe('UNAUTHENTICATED');
  await writeFile(path, '{"version":1,"revoked":[{"sub":"ada"}]}');
  await expect.poll(() => failures.at(-1)).toMatch(/^it is not a file of revocations: revoked\.0/);
  await rm(path);
  await expect.poll(() => failures.at(-1)).toBe('no such file');
  expect(verdict('a')).toBe('UNAUTHENTICATED');
  await repository.add(entry('b'));
  await expect.poll(() => verdict('b')).toBe('UNAUTHENTICATED');
});

describe('without Redis', () => {
  it('the last copy serves, which is said once', async () => {
    const { redis, repository, verdict, failures } = await inRedis();
    await repository.add(entry('a'));
    await expect.poll(() => verdict('a')).toBe('UNAUTHENTICATED');
    redis.isDown = true;
    await expect.poll(() => failures).toEqual(['Redis is lost']);
    await new Promise((resolve) => setTimeout(resolve, 5 * pollMs));
    expect(failures).toHaveLength(1);
    expect([verdict('a'), verdict('b')]).toEqual(['UNAUTHENTICATED', 'accepted']);
    redis.isDown = false;
    await repository.add(entry('b'));
    await expect.poll(() => verdict('b')).toBe('UNAUTHENTICATED');
  });

  it('from the start, no token is accepted until somebody knows, unless it is configured so', async () => {
    const { redis, revocations, verdict } = await inRedis({ isDown: true });
    expect(verdict('a')).toBe('AUTHENTICATION_UNAVAILABLE');
    expect(verdictOf(revocations, 'accept')('a')).toBe('accepted');
    redis.isDown = false;
    await expect.poll(() => verdict('a')).toBe('accepted');
  });

  it('a Redis that comes back empty, its clock behind, takes nothing back and is listened to', async () => {
    const { real, stream, repository, verdict } = await inRedis();
    await repository.add(entry('a'));
    await expect.poll(() => verdict('a')).toBe('UNAUTHENTICATED');
    await real.run((commands) => commands.del(stream));
    await real.run((commands) => commands.xadd(stream, '5-0', 'entry', JSON.stringify(entry('b'))));
    await expect.poll(() => verdict('b')).toBe('UNAUTHENTICATED');
    expect(verdict('a')).toBe('UNAUTHENTICATED');
  });
});

it('more than a page is read, and what makes no sense is passed over and said', async () => {
  const { real, stream, verdict, failures } = await inRedis();
  const add = (text: string) => real.run((redis) => redis.xadd(stream, '*', 'entry', text));
  await Promise.all(Array.from({ length: 1200 }, (_, i) => add(JSON.stringify(entry(`t${i % 40}`)))));
  await add('{"sub":"ada"}');
  await add(JSON.stringify(entry('last')));
  await expect.poll(() => verdict('last')).toBe('UNAUTHENTICATED');
  expect(failures).toEqual([expect.stringMatching(/^revocation \d+-\d+ in Redis cannot be read$/)]);
});

it('what has ended is taken away by the next command, what it cannot read is not', async () => {
  const { real, stream, repository } = await inRedis();
  await real.run((redis) => redis.xadd(stream, '*', 'entry', '{"of":"a newer version"}'));
  await repository.add(entry('brief', 1));
  await expect.poll(() => repository.read()).toEqual([]);
  await repository.add(entry('lasting'));
  expect(await real.run((redis) => redis.xlen(stream))).toBe(2);
  expect((await repository.read()).map(({ jti }) => jti)).toEqual(['lasting']);
});
