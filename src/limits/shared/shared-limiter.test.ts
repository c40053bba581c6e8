/** A process that shares its counters with others: what it asks the store, and what it does without. */

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { checkOf, ruleOf } from '../../../test/support/limits.ts';
import type { LimitCheck, LimitDecision } from '../check.ts';
import type { CheckOutcome } from '../counters/decision.ts';
import { MemoryStore } from '../counters/memory-store.ts';
import { SharedLimiter, type SharedLimiterOptions } from './shared-limiter.ts';
import type { SharedStore, StoreProbe } from './shared-store.ts';
import type { LimiterState } from './store-state.ts';

/** A store whose answers wait, fail or come at once. */
class FakeStore implements SharedStore {
  readonly timeoutMs = 50;
  readonly counters: MemoryStore;
  /** The number of requests of each call. */
  readonly calls: number[] = [];
  settled = 0;
  probes = 0;
  processes = 4;
  resets = 0;
  mode: 'answers' | 'waits' | 'fails' = 'answers';
  readonly #held: Array<() => void> = [];

  constructor(now: () => number) {
    this.counters = new MemoryStore({ keysMax: 1000, now });
  }

  async take(requests: ReadonlyArray<readonly LimitCheck[]>): Promise<CheckOutcome[][]> {
    this.calls.push(requests.length);
    await this.#turn();
    return requests.map((checks) => this.counters.take(checks));
  }

  async settle(changes: Parameters<SharedStore['settle']>[0]): Promise<void> {
    await this.#turn();
    this.settled += changes.length;
    for (const { charge, units } of changes) this.counters.settle(charge, units);
  }

  async probe(): Promise<StoreProbe> {
    this.probes += 1;
    await this.#turn();
    return { processes: this.processes, resets: this.resets };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Answers what waits. */
  answer(): void {
    this.mode = 'answers';
    for (const answer of this.#held.splice(0)) answer();
  }

  async #turn(): Promise<void> {
    if (this.mode === 'fails') throw new Error('the store is gone');
    if (this.mode === 'waits') await new Promise<void>((resolve) => void this.#held.push(resolve));
  }
}

interface Given {
  readonly limiter: SharedLimiter;
  readonly store: FakeStore;
  readonly changes: LimiterState[];
  readonly forward: (ms: number) => Promise<void>;
  readonly take: (...checks: readonly LimitCheck[]) => Promise<LimitDecision>;
}

/** Timers and clock are moved by hand. */
async function given(options: Partial<SharedLimiterOptions> = {}): Promise<Given> {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'],
  });
  onTestFinished(() => void vi.useRealTimers());
  const startedAtMs = performance.now();
  const now = (): number => 1000 + performance.now() - startedAtMs;
  const store = new FakeStore(now);
  const changes: LimiterState[] = [];
  const limiter = new SharedLimiter({
    store,
    keysMax: 1000,
    blockedKeysMax: 1000,
    processes: 10,
    processesKeptMs: 300_000,
    now,
    onStateChange: (change) => changes.push(change),
    ...options,
  });
  onTestFinished(() => limiter.close());
  const forward = async (ms: number): Promise<void> => {
    await vi.advanceTimersByTimeAsync(ms);
  };
  // The first probe.
  await forward(0);
  return {
    limiter,
    store,
    changes,
    forward,
    async take(...checks) {
      const decision = limiter.take(checks);
      await forward(1);
      return decision;
    },
  };
}

const tier = ruleOf({ limit: 100, windowMs: 60_000 });
const check = checkOf(tier);

it('asks for all requests of a turn at once, and for at most 64 in one call', async () => {
  const { limiter, store, forward } = await given();
  const decisions = Array.from({ length: 150 }, async () => limiter.take([check]));
  await forward(0);
  const admitted = (await Promise.all(decisions)).filter(({ isAllowed }) => isAllowed);
  expect(admitted).toHaveLength(100);
  expect(store.calls).toEqual([64, 64, 22]);
});

it('asks once about what is refused until it would be admitted', async () => {
  const { take, store, forward } = await given();
  await take({ ...check, cost: 100 });
  for (let times = 0; times < 1000; times += 1) await take(check);
  expect(store.calls).toEqual([1, 1]);
  await forward(66_000);
  expect((await take(check)).isAllowed).toBe(true);
});

it('asks again about what was refused once counters were deleted', async () => {
  const { take, limiter, store, forward } = await given();
  await take({ ...check, cost: 100 });
  await take(check);
  await forward(2000);
  expect(limiter.refusal([check])).toBeDefined();
  store.resets += 1;
  await forward(2000);
  expect(limiter.refusal([check])).toBeUndefined();
});

it('settles in the store, all of a turn at once', async () => {
  const { take, limiter, store, forward } = await given();
  const decision = await take({ ...check, cost: 100 });
  if (!decision.isAllowed) throw new Error('refused');
  limiter.settle(decision.charges.map((charge) => ({ charge, units: -3 })));
  limiter.settle(decision.charges.map((charge) => ({ charge, units: -2 })));
  await forward(1);
  expect(store.settled).toBe(2);
  expect((await take(check)).states[0]).toMatchObject({ remaining: 4 });
});

describe('a store that fails', () => {
  it('is not asked again until a probe succeeds, and nothing that waits is rejected', async () => {
    const { limiter, store, changes, forward, take } = await given();
    store.mode = 'fails';
    const waiting = Array.from({ length: 30 }, async () => limiter.take([check]));
    await forward(0);
    const decisions = await Promise.all(waiting);
    expect(decisions.filter(({ isAllowed }) => isAllowed)).toHaveLength(10);
    expect(changes).toEqual([{ state: 'local', reason: 'the store is gone' }]);
    const calls = store.calls.length;
    for (let times = 0; times < 100; times += 1) expect(limiter.take([check])).not.toBeInstanceOf(Promise);
    await forward(1000);
    expect([store.calls.length, store.probes]).toEqual([calls, 5]);
    store.answer();
    await forward(250);
    expect(changes).toEqual([expect.anything(), { state: 'shared', reason: '' }]);
    expect(await take(check)).toMatchObject({ isAllowed: true, states: [{ remaining: 99 }] });
  });

  it('leaves each process its share of every limit, by the processes that were last there', async () => {
    const { limiter, store, forward } = await given({ processes: 50 });
    const rules = [
      tier,
      ruleOf({ policy: 'small', limit: 3 }),
      ruleOf({ policy: 'g', algorithm: 'gcra', burst: 9, windowMs: 60_000 }),
    ];
    const admitted = (key: string): number[] =>
      rules.map((rule) => {
        let count = 0;
        while (count < 200 && decide(limiter, checkOf(rule, { key })).isAllowed) count += 1;
        return count;
      });
    await forward(2000);
    // As after FLUSHALL: the others are counted again the next time.
    store.processes = 1;
    await forward(2000);
    store.mode = 'fails';
    await forward(2000);
    expect(admitted('known')).toEqual([25, 1, 2]);
    await forward(296_000);
    expect(admitted('still known')).toEqual([25, 1, 2]);
    await forward(3000);
    expect(admitted('configured')).toEqual([2, 1, 1]);
  });

  it('admits or refuses as each policy says, without counting', async () => {
    const { limiter, store, forward } = await given();
    store.mode = 'fails';
    await forward(2000);
    const open = checkOf(ruleOf({ policy: 'open', limit: 1, whenStoreLost: 'open' }));
    for (let times = 0; times < 5; times += 1)
      expect(decide(limiter, open)).toMatchObject({
        isAllowed: true,
        charges: [],
        states: [{ isExceeded: false }],
      });
    const closed = checkOf(ruleOf({ policy: 'closed', whenStoreLost: 'closed' }), { gate: 3 });
    expect(decide(limiter, check, closed)).toEqual({
      isAllowed: false,
      refusedBy: closed,
      reason: 'store',
      retryAfterMs: 1000,
      states: [expect.objectContaining({ remaining: 9 }), null],
    });
    expect(decide(limiter, { ...closed, isMeasured: true })).toMatchObject({ isAllowed: true });
    // What comes before it is counted, as always: once above, then until its share is used up.
    const refusals = Array.from({ length: 10 }, () => decide(limiter, check, closed));
    expect(refusals.map((decision) => !decision.isAllowed && decision.reason)).toEqual([
      ...Array.from({ length: 9 }, () => 'store'),
      'limit',
    ]);
  });

  it('settles what was counted here in this process, and nothing else', async () => {
    const { limiter, store, forward, take } = await given();
    const shared = await take(check);
    store.mode = 'fails';
    await forward(2000);
    const local = decide(limiter, { ...check, cost: 10 });
    if (!local.isAllowed || !shared.isAllowed) throw new Error('refused');
    expect(local.charges).toMatchObject([{ countedBy: 'local', check: { ...check, cost: 10 } }]);
    limiter.settle([...local.charges, ...shared.charges].map((charge) => ({ charge, units: -4 })));
    expect(decide(limiter, { ...check, cost: 5 }).isAllowed).toBe(false);
    expect(decide(limiter, { ...check, cost: 4 }).isAllowed).toBe(true);
    store.answer();
    await forward(250);
    expect(store.settled).toBe(0);
  });
});

describe('a store that is slow', () => {
  it('keeps 20 requests waiting; all others are answered without it', async () => {
    const { limiter, store, forward } = await given();
    store.mode = 'waits';
    const answered: boolean[] = [];
    const ask = (): void => {
      const index = answered.push(false) - 1;
      void Promise.resolve(limiter.take([check])).then(() => (answered[index] = true));
    };
    for (let times = 0; times < 100; times += 1) ask();
    await forward(9);
    expect(answered.filter(Boolean)).toHaveLength(0);
    await forward(8);
    expect(answered.filter(Boolean)).toHaveLength(80);
    expect(answered.slice(0, 20)).not.toContain(true);
    for (let times = 0; times < 100; times += 1) ask();
    await forward(0);
    expect(answered.filter(Boolean)).toHaveLength(180);
    expect(store.calls).toEqual([64, 36]);
    store.answer();
    await forward(0);
    expect(answered).not.toContain(false);
    ask();
    await forward(0);
    expect(store.calls).toEqual([64, 36, 1]);
  });
});

it('answers without the store once it is closed', async () => {
  const { limiter, store } = await given();
  store.mode = 'waits';
  const waiting = limiter.take([check]);
  await limiter.close();
  expect((await waiting).isAllowed).toBe(true);
});

describe('leases of a global limit', () => {
  const global = checkOf(ruleOf({ policy: 'all', limit: 400, windowMs: 60_000, isGlobal: true }));

  it('let requests through without asking, as many as are leased', async () => {
    const { limiter, store, take, forward } = await given();
    // The second count: 4 processes, so 5 units of 400.
    await forward(2000);
    await take(global);
    expect(store.calls).toEqual([2]);
    const decisions = Array.from({ length: 5 }, () => decide(limiter, global));
    expect(decisions.map(({ isAllowed }) => isAllowed)).toEqual([true, true, true, true, true]);
    expect(decisions.map(({ states }) => states[0]?.remaining)).toEqual([398, 397, 396, 395, 394]);
    expect(limiter.take([global])).toBeInstanceOf(Promise);
  });

  it('are for requests with the same limit only: what is left of another may be used up', async () => {
    const { limiter, take, forward } = await given();
    await forward(2000);
    await take(global);
    expect(limiter.take([checkOf({ ...global.rule, limit: 2 })])).toBeInstanceOf(Promise);
    expect((await take(checkOf({ ...global.rule, limit: 2 }))).isAllowed).toBe(false);
    expect(limiter.take([global])).not.toBeInstanceOf(Promise);
  });

  it('are kept beside those of another limit of the same counter', async () => {
    const { store, take, forward } = await given();
    await forward(2000);
    const other = checkOf({ ...global.rule, limit: 800 });
    for (let turn = 0; turn < 5; turn += 1) for (const check of [global, other]) await take(check);
    // One call for the first request by each limit, with its lease.
    expect(store.calls).toHaveLength(2);
  });

  it('are over when the bucket ends in which the store counted them', async () => {
    const { take, forward, limiter } = await given();
    const rule = ruleOf({ policy: 'all', limit: 400, windowMs: 10_000, isGlobal: true });
    // 20 ms before the end of a bucket.
    await forward(979);
    await take(checkOf(rule));
    await forward(10);
    expect(limiter.take([checkOf(rule)])).not.toBeInstanceOf(Promise);
    await forward(10);
    expect(limiter.take([checkOf(rule)])).toBeInstanceOf(Promise);
  });

  it('give back what is left after a second', async () => {
    const { store, take, forward, limiter } = await given();
    await take(global);
    await forward(1100);
    expect(store.settled).toBe(1);
    const other = store.counters.take([checkOf(global.rule)]);
    expect(other[0]?.remaining).toBe(398);
    expect(limiter.take([global])).toBeInstanceOf(Promise);
  });

  it('put back what a request used that another check refuses', async () => {
    const { store, take, forward } = await given();
    const full = checkOf(ruleOf({ policy: 'full', limit: 1, windowMs: 60_000 }), { gate: 3, cost: 2 });
    await take(global);
    // By the same gate, by a later one, and by a later one where it is returned.
    await take({ ...global, gate: 3 }, { ...full, key: 'A' });
    await take({ ...global, gate: 1 }, { ...full, key: 'B' });
    await take({ ...global, gate: 1, isReturned: true }, { ...full, key: 'C' });
    await forward(1100);
    // The first request, and the one of gate 1 that is not returned.
    expect(store.counters.take([global])[0]?.remaining).toBe(397);
  });

  it('never exceed the limit, however many processes lease', async () => {
    const rule = ruleOf({ policy: 'all', limit: 40, windowMs: 10_000, isGlobal: true });
    const { store, forward, limiter, changes } = await given({ processes: 3 });
    const options = { store, keysMax: 10, blockedKeysMax: 10, processes: 3, processesKeptMs: 1 };
    const now = (): number => performance.now();
    const others = [1, 2].map(() => new SharedLimiter({ ...options, now, onStateChange: () => {} }));
    onTestFinished(async () => void (await Promise.all(others.map((other) => other.close()))));
    const uses: number[] = [];
    let asked = 0;
    for (let step = 0; step < 6000; step += 1) {
      for (const one of [limiter, ...others]) {
        asked += 1;
        // As it is when the decision is known: used no later.
        const decision = one.take([checkOf(rule)]);
        if (decision instanceof Promise) void decision.then(({ isAllowed }) => isAllowed && uses.push(now()));
        else if (decision.isAllowed) uses.push(now());
      }
      await forward(10);
    }
    for (const atMs of uses)
      expect(uses.filter((other) => other > atMs - 10_000 && other <= atMs).length).toBeLessThanOrEqual(40);
    expect(asked).toBe(18_000);
    expect(uses.length).toBeGreaterThan(40 * 6 * 0.8);
    expect(changes).toEqual([]);
  });
});

/** Without a store a decision is there at once. */
function decide(limiter: SharedLimiter, ...checks: readonly LimitCheck[]): LimitDecision {
  const decision = limiter.take(checks);
  if (decision instanceof Promise) throw new Error('it has to be synchronous');
  return decision;
}
