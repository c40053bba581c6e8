import { describe, expect, it, vi, onTestFinished } from 'vitest';

import { StoreUnavailable } from './failures.ts';
import { createStore, type Commands, type Store } from './store.ts';

const commandTimeoutMs = 50;
const commands = {} as Commands;

function storeOf(serverOf: (key: string) => string = () => ''): {
  store: Store;
  opened: Array<string | null>;
  found: () => number;
} {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const opened: Array<string | null> = [];
  let found = 0;
  const store = createStore({
    connection: {
      commands,
      isCluster: false,
      masters: () => [],
      isReady: () => true,
      serverOf,
      findServers: () => void (found += 1),
      close: () => Promise.resolve(),
    },
    keyPrefix: 'p:',
    commandTimeoutMs,
    now: () => performance.now(),
    random: () => 0.5,
    onBreaker: ({ to }, server) => to === 'open' && opened.push(server),
  });
  return { store, opened, found: () => found };
}

const refused = (): Promise<never> => Promise.reject(new Error('connect ECONNREFUSED'));
const readOnly = (): Promise<never> =>
  Promise.reject(Object.assign(new Error('READONLY You are late'), { name: 'ReplyError' }));

describe('a command', () => {
  it("fails when its time is over, and its late answer is nobody's business", async () => {
    const { store } = storeOf();
    const { promise, reject } = Promise.withResolvers<string>();
    const result = store.run(() => promise);
    const failed = expect(result).rejects.toThrow(new StoreUnavailable('Command timed out'));
    await vi.advanceTimersByTimeAsync(commandTimeoutMs + 1);
    await failed;
    reject(new Error('late'));
    await vi.advanceTimersByTimeAsync(0);
  });

  it('leaves no timer behind', async () => {
    const { store } = storeOf();
    await store.run(() => Promise.resolve('done'));
    await expect(store.run(refused)).rejects.toThrow(StoreUnavailable);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that a replica refuses is an outage', async () => {
    const { store } = storeOf();
    await expect(store.run(readOnly)).rejects.toThrow(StoreUnavailable);
  });
});

describe('circuit breakers', () => {
  it('stand one before each server, so that a shard that fails leaves the others alone', async () => {
    const { store, opened, found } = storeOf((key) => (key.startsWith('a') ? 'a:1' : 'b:1'));
    for (let i = 0; i < 3; i += 1) await expect(store.run(refused, `a${i}`)).rejects.toThrow('ECONNREFUSED');
    await expect(store.run(() => Promise.resolve(1), 'a')).rejects.toThrow('the circuit breaker is open');
    expect(await store.run(() => Promise.resolve(1), 'b')).toBe(1);
    expect(opened).toEqual(['a:1']);
    // Another server may have its keys by now.
    expect(found()).toBe(1);
  });

  it('have no server to name where there is only one', async () => {
    const { store, opened } = storeOf();
    for (let i = 0; i < 3; i += 1) await expect(store.run(refused, 'a')).rejects.toThrow();
    expect(opened).toEqual([null]);
  });
});
