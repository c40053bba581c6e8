/** The shared store before a real Redis: one that is well, away, frozen, killed, slow to say yes, or a cluster. */
import { describe, expect, it, onTestFinished } from 'vitest';

import { StoreUnavailable } from '../../src/store/failures.ts';
import type { Store } from '../../src/store/store.ts';
import { makeCertificates } from '../support/certificates.ts';
import { ownRedis } from '../support/own-redis.ts';
import { freePort } from '../support/redis-node.ts';
import { redisUrl } from '../support/redis.ts';
import { attempt, failingStart, opened, timeUntilWritten } from './opened-store.ts';

const ping = (store: Store): Promise<string> => store.run((redis) => redis.ping());
const outcomes = async (store: Store, times: number): Promise<string[]> => {
  const all: string[] = [];
  for (let i = 0; i < times; i += 1)
    all.push(await ping(store).catch((error: unknown) => (error as Error).message));
  return all;
};

it('keeps what it is given under names of its own', async () => {
  const { store, changes } = await opened({ url: await redisUrl(), keyPrefix: 'store-test:' });
  const key = store.key('a');
  expect(key).toBe('store-test:a');
  await store.run((redis) => redis.set(key, 'kept'));
  expect(await store.run((redis) => redis.get(key))).toBe('kept');
  await store.run((redis) => redis.del(key));
  expect(changes).toEqual([expect.stringMatching(/^connected (unix|redis):/)]);
});

it('a command that is wrong fails as what it is, and is no outage', async () => {
  const { store, changes } = await opened({ url: await redisUrl(), keyPrefix: 'store-test:' });
  for (let i = 0; i < 20; i += 1)
    await expect(store.run((redis) => redis.eval('return nonsense(', 0))).rejects.toThrow(/ERR/);
  expect(await ping(store)).toBe('PONG');
  expect(changes).toHaveLength(1);
});

describe('a Redis that is not there', () => {
  it('does not keep anybody from starting, and says where and why, without the password', async () => {
    const port = await freePort();
    const url = `redis://gateway:s3cret@127.0.0.1:${port}/2`;
    const { store, changes } = await opened({ url, ...failingStart });
    await expect(ping(store)).rejects.toThrow(StoreUnavailable);
    expect(changes).toEqual([`lost redis://127.0.0.1:${port}/2 connect ECONNREFUSED 127.0.0.1:${port}`]);
  });

  it('is found when it comes', async () => {
    const redis = await ownRedis();
    await redis.kill();
    const { store, changes } = await opened({ url: redis.url, startTimeoutMs: 10 });
    await expect(ping(store)).rejects.toThrow('there is no connection to Redis');
    await redis.start();
    await expect.poll(() => ping(store).catch(() => '')).toBe('PONG');
    expect(changes.map((line) => line.split(' ')[0])).toEqual(['lost', 'connected']);
  });
});

describe('a Redis that freezes', () => {
  it('costs a few commands their 50 ms each, then none, and is back at once when it goes on', async () => {
    const redis = await ownRedis();
    const { store, changes } = await opened({ url: redis.url, commandTimeoutMs: 50 });
    await expect.poll(() => ping(store).catch(() => '')).toBe('PONG');
    redis.signal('SIGSTOP');
    const frozen = await outcomes(store, 200);
    const waited = frozen.filter((message) => message === 'Command timed out');
    expect(waited.length).toBeGreaterThan(0);
    expect(waited.length).toBeLessThanOrEqual(8);
    expect(frozen.at(-1)).toMatch(/has just failed|no connection/);
    redis.signal('SIGCONT');
    await expect.poll(() => ping(store).catch(() => '')).toBe('PONG');
    expect(changes).toContain('redis open');
  });

  it('is given up as dead after a second of silence, though its connection is still open', async () => {
    const redis = await ownRedis();
    const { store, changes } = await opened({ url: redis.url, commandTimeoutMs: 50 });
    redis.signal('SIGSTOP');
    await expect
      .poll(async () => {
        await ping(store).catch(() => {});
        return changes.some((line) => line.startsWith('lost'));
      })
      .toBe(true);
    redis.signal('SIGCONT');
    await expect.poll(() => ping(store).catch(() => '')).toBe('PONG');
  });
});

it('a Redis that is killed and started again is used again', async () => {
  const redis = await ownRedis();
  const { store, changes } = await opened({ url: `unix://${redis.path}` });
  expect(await ping(store)).toBe('PONG');
  await redis.kill();
  await expect.poll(() => changes.length).toBeGreaterThan(1);
  await expect(ping(store)).rejects.toThrow(StoreUnavailable);
  await redis.start();
  await expect.poll(() => ping(store).catch(() => '')).toBe('PONG');
});

it('a Redis that has become a replica is connected to again, for its name may lead to its successor, but not in a loop', async () => {
  const redis = await ownRedis();
  const { store, changes } = await opened({ url: redis.url });
  expect(await attempt(store, 'a')).toMatchObject({ result: 'ok' });
  await redis.tell(`REPLICAOF 127.0.0.1 ${await freePort()}`);
  await expect(store.run((commands) => commands.set(store.key('a'), '1'))).rejects.toThrow(StoreUnavailable);
  const connections = (): string[] =>
    changes.map((line) => line.split(' ')[0] ?? '').filter((word) => word !== 'redis');
  await expect.poll(connections).toEqual(['connected', 'lost', 'connected']);
  for (let i = 0; i < 4; i += 1)
    expect((await attempt(store, 'a')).result).toMatch(/^READONLY|circuit breaker is open/);
  expect(connections()).toHaveLength(3);
  await redis.tell('REPLICAOF NO ONE');
  expect(await timeUntilWritten(store, 'a')).toBeLessThan(2000);
});

it('a wrong password is reported as what it is, and never shown', async () => {
  const redis = await ownRedis(['--requirepass', 'right']);
  const { changes, store } = await opened({
    url: redis.url.replace('//', '//:wr0ng@'),
    ...failingStart,
  });
  expect(changes[0]).toMatch(/^lost redis:\/\/127\.0\.0\.1:\d+ WRONGPASS/);
  expect(changes.join('\n')).not.toContain('wr0ng');
  await expect(ping(store)).rejects.toThrow(StoreUnavailable);
  const { store: right } = await opened({ url: redis.url.replace('//', '//:right@') });
  expect(await ping(right)).toBe('PONG');
  const { store: apart } = await opened({ url: redis.url, password: 'right' });
  expect(await ping(apart)).toBe('PONG');
});

it('over TLS a server is believed by its certificate only', async () => {
  const certificates = await makeCertificates(['localhost']);
  onTestFinished(() => certificates.remove());
  const { server, caPath } = certificates;
  const port = await freePort();
  const files = ['--tls-cert-file', server.certPath, '--tls-key-file', server.keyPath];
  await ownRedis(['--tls-port', String(port), ...files, '--tls-auth-clients', 'no']);
  const url = `rediss://localhost:${port}`;
  const { store } = await opened({ url, caFile: caPath });
  expect(await ping(store)).toBe('PONG');
  const { changes } = await opened({ url, ...failingStart });
  expect(changes[0]).toMatch(/^lost rediss:\/\/localhost:\d+ .*certificate/);
  const wrongName = url.replace('localhost', '127.0.0.1');
  const { changes: other } = await opened({ url: wrongName, caFile: caPath, ...failingStart });
  expect(other[0]).toMatch(/^lost .*altnames/);
});
