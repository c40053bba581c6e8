/** API keys in a real Redis: how soon a change is seen, and what goes on without it. Time is moved by hand. */
import { randomUUID } from 'node:crypto';

import { describe, expect, it, onTestFinished } from 'vitest';

import { RedisKeys, redisKeyRepository, writeLastUsed } from '../../src/authn/api-keys/redis-keys.ts';
import { redisSchema } from '../../src/config/gateway/redis.ts';
import { Events } from '../../src/shared/events.ts';
import { StoreUnavailable } from '../../src/store/failures.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { redisUrl } from '../support/redis.ts';
import { forgedKey, managed, shower } from './support.ts';

const secondMs = 1000;

async function given(settings: Partial<ConstructorParameters<typeof RedisKeys>[0]> = {}) {
  const real = await openStore(
    redisSchema.parse({ url: await redisUrl(), keyPrefix: `${randomUUID()}:`, commandTimeoutMs: 1000 }),
    new Events(),
  );
  const keys = ['api-keys', 'api-keys:used'].map((name) => real.key(name));
  onTestFinished(async () => {
    await real.run((redis) => redis.del(...keys));
    await real.close();
  });
  const store = { isDown: false, asked: 0 };
  const between: Store = {
    isCluster: false,
    masters: () => [],
    key: (name) => real.key(name),
    run(command) {
      store.asked += 1;
      if (store.isDown) return Promise.reject(new StoreUnavailable('there is no connection to Redis'));
      return real.run(command);
    },
    close: () => real.close(),
  };
  let nowMs = 0;
  const failures: string[] = [];
  const lookup = new RedisKeys({
    store: between,
    cacheMs: secondMs,
    keptMs: 300 * secondMs,
    entriesMax: 100,
    lookupsMax: 50,
    now: () => nowMs,
    onFailure: (reason) => failures.push(reason),
    ...settings,
  });
  const repository = redisKeyRepository(real);
  const forward = (ms: number): void => void (nowMs += ms);
  return {
    real,
    store,
    forward,
    lookup,
    failures,
    repository,
    keys: managed(repository),
    show: shower(lookup),
  };
}

describe('with Redis', () => {
  it('a key is asked for once, then known; each second it is asked for again', async () => {
    const { store, forward, keys, show } = await given();
    const { text } = await keys.create();
    for (let i = 0; i < 10; i += 1) expect((await show(text)).principal?.client).toBe('web');
    expect(store.asked).toBe(1);
    forward(secondMs);
    const before = (await show(text)).principal;
    expect(store.asked).toBe(2);
    // The same one: its requests may share.
    expect((await show(text)).principal).toBe(before);
  });

  it('many requests at once with one key are one question', async () => {
    const { store, keys, show } = await given();
    const { text } = await keys.create();
    const results = await Promise.all(Array.from({ length: 100 }, () => show(text)));
    expect(results.filter(({ principal }) => !principal)).toEqual([]);
    expect(store.asked).toBe(1);
  });

  it('a key that is revoked serves a second longer and no more, also where it is used all the time', async () => {
    const { forward, keys, show } = await given();
    const { text, record } = await keys.create();
    await show(text);
    await keys.manager.revoke(record.id);
    expect((await show(text)).principal).toBeDefined();
    forward(secondMs);
    expect((await show(text)).reason).toBe(`the API key trib_${record.id} is revoked`);
  });

  it('a key in use is asked for again before anybody has to wait', async () => {
    const { real, store, forward, keys, lookup, show } = await given();
    const { text, record } = await keys.create();
    await show(text);
    forward(0.6 * secondMs);
    expect(lookup.find(record.id)).not.toBeInstanceOf(Promise);
    expect(store.asked).toBe(2);
    // Answered in the same order.
    await real.run((redis) => redis.ping());
    forward(0.6 * secondMs);
    expect(lookup.find(record.id)).not.toBeInstanceOf(Promise);
  });

  it('an id that is not there is asked for once a second, and found once it is', async () => {
    const { store, forward, real, repository, keys, show } = await given();
    const { text, record } = await keys.create();
    await real.run((redis) => redis.hdel(real.key('api-keys'), record.id));
    for (let i = 0; i < 10; i += 1) expect((await show(text)).reason).toBe('the API key is unknown');
    expect(store.asked).toBe(1);
    await repository.write([{ before: null, after: record }]);
    forward(secondMs);
    expect((await show(text)).principal).toBeDefined();
  });

  it('who tries ids does not push out the keys that are used, nor fill the memory', async () => {
    const { store, keys, lookup, show } = await given();
    const { text } = await keys.create();
    await show(text);
    for (let i = 0; i < 500; i += 1) await lookup.find(`x${String(i).padStart(11, '0')}`);
    const { asked } = store;
    expect((await show(text)).principal).toBeDefined();
    expect(store.asked).toBe(asked);
  });

  it('no more than so many questions are under way', async () => {
    const { lookup } = await given();
    const ids = Array.from({ length: 80 }, (_, i) => `y${String(i).padStart(11, '0')}`);
    const settled = await Promise.allSettled(ids.map(async (id) => lookup.find(id)));
    expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(30);
    expect(settled.at(-1)).toMatchObject({ reason: { code: 'AUTHENTICATION_UNAVAILABLE' } });
    expect(await lookup.find(ids[79] ?? '')).toBeUndefined();
  });

  it('who makes up ids does not keep a revoked key alive', async () => {
    const { forward, lookup, keys, show } = await given();
    const { text, record } = await keys.create();
    await show(text);
    await keys.manager.revoke(record.id);
    forward(2 * secondMs);
    const made = Array.from({ length: 80 }, (_, i) => `m${String(i).padStart(11, '0')}`);
    const flood = Promise.allSettled(made.map(async (id) => lookup.find(id)));
    expect((await show(text)).reason).toBe(`the API key trib_${record.id} is revoked`);
    await flood;
  });

  it('a record that makes no sense is no key, and is said', async () => {
    const { real, failures, keys, show } = await given();
    const { text, record } = await keys.create();
    for (const bad of ['{', '{}', JSON.stringify({ ...record, id: 'someOtherKey' })]) {
      await real.run((redis) => redis.hset(real.key('api-keys'), record.id, bad));
      expect((await shower(fresh(real))(text)).code).toBe('UNAUTHENTICATED');
    }
    await show(text);
    expect(failures).toEqual([`the record of API key ${record.id} in Redis cannot be read`]);
  });
});

describe('without Redis', () => {
  it('known keys go on for five minutes; of others nobody can say', async () => {
    const { store, forward, keys, show } = await given();
    const [cached, other] = [await keys.create(), await keys.create()];
    await show(cached.text);
    store.isDown = true;
    forward(299 * secondMs);
    expect((await show(cached.text)).principal).toBeDefined();
    expect(await show(other.text)).toEqual({
      code: 'AUTHENTICATION_UNAVAILABLE',
      reason: 'there is no connection to Redis',
    });
    forward(secondMs);
    expect((await show(cached.text)).code).toBe('AUTHENTICATION_UNAVAILABLE');
    store.isDown = false;
    expect((await show(cached.text)).principal).toBeDefined();
    expect((await show(other.text)).principal).toBeDefined();
  });

  it('a key that was revoked before stays so', async () => {
    const { store, forward, keys, show } = await given();
    const { text, record } = await keys.create();
    await keys.manager.revoke(record.id);
    await show(text);
    store.isDown = true;
    forward(10 * secondMs);
    expect((await show(text)).code).toBe('UNAUTHENTICATED');
  });

  it('the id of a known key with another secret is refused as ever', async () => {
    const { store, forward, keys, show } = await given();
    const { text, record } = await keys.create();
    await show(text);
    store.isDown = true;
    forward(10 * secondMs);
    expect(await show(forgedKey(record.id))).toEqual({
      code: 'UNAUTHENTICATED',
      reason: 'the API key is unknown',
    });
  });
});

it('of two who change one key at once, neither is lost', async () => {
  const { keys, repository } = await given();
  const { record } = await keys.create();
  const settled = await Promise.allSettled([
    keys.manager.revoke(record.id),
    keys.manager.rotate(record.id, { graceMs: 0, expiresAtMs: null }),
  ]);
  const now = (await repository.read()).get(record.id);
  expect(now?.revokedAt).not.toBeNull();
  expect(now?.rotatedTo !== null).toBe(settled[1]?.status === 'fulfilled');
});

it('Redis never gets to see a key', async () => {
  const { real, keys, show } = await given();
  const { text } = await keys.create();
  await show(text);
  const stored = await real.run((redis) => redis.hgetall(real.key('api-keys')));
  expect(Object.keys(stored)).toEqual([text.slice(5, 17)]);
  expect(JSON.stringify(stored)).not.toContain(text.slice(18, 40));
});

it('times of use are kept beside the keys, more of them than go into one command', async () => {
  const { real, repository } = await given();
  const used = new Map(Array.from({ length: 1201 }, (_, i) => [`z${String(i).padStart(11, '0')}`, i + 1]));
  expect(await writeLastUsed(real, used)).toHaveLength(1201);
  expect(await repository.lastUsed()).toEqual(used);
});

function fresh(store: Store): RedisKeys {
  return new RedisKeys({
    store,
    cacheMs: 1,
    keptMs: 0,
    entriesMax: 1,
    lookupsMax: 1,
    now: () => 0,
    onFailure: () => {},
  });
}
