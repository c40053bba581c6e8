/** The policies together: their order, what is tried again and how often, and which replica is asked. */

import { describe, expect, it } from 'vitest';

import { failing, givenService } from './given-service.ts';

const retries = { max: 2, baseMs: 1, waitMaxMs: 1 };

describe('order', () => {
  it('the breaker refuses before anything queues', async () => {
    const given = givenService({
      policy: { concurrency: { initial: 1, min: 1, queueMax: 0 }, breaker: { mode: 'open' } },
    });
    const told: string[] = [];
    given.events.on('callRefused', ({ reason }) => told.push(reason));
    await given.calls(3);
    expect(told).toEqual(['breaker open', 'breaker open', 'breaker open']);
  });

  it('every try passes the breaker, and is counted there', async () => {
    const given = givenService({ policy: { retries, breaker: { minimumCalls: 3 } } });
    given.backend(failing('server-error'));
    await given.calls(1);
    expect([given.sent.length, given.changes.length]).toEqual([3, 1]);
    await given.calls(1);
    expect(given.sent.length).toBe(3);
  });

  it('all tries of a call share its deadline', async () => {
    const given = givenService({ policy: { retries, timeoutMs: 700 } });
    given.backend(failing('server-error'));
    await given.calls(1);
    expect(new Set(given.sent.map(({ deadlineAtMs }) => deadlineAtMs))).toEqual(new Set([1_000_700]));
  });

  it('keeps 5 % of the time that is left back, and starts nothing after the deadline', async () => {
    const given = givenService({ policy: { timeoutMs: 60_000 } });
    await given.calls(1);
    expect(given.sent[0]?.deadlineAtMs).toBe(1_000_000 + 9500);
    const again = givenService({ policy: { retries } });
    again.backend(() => {
      again.forward(20_000);
      return failing('server-error')();
    });
    await again.calls(1);
    expect(again.sent.length).toBe(1);
  });

  it.each([
    { sentAfterMs: 500, changes: 0 },
    { sentAfterMs: 0, changes: 1 },
  ])(
    'a call that timed out counts by the time since it was sent, $sentAfterMs ms after it was made',
    async ({ sentAfterMs, changes }) => {
      const given = givenService({ policy: { timeoutMs: 800, breaker: { minimumCalls: 3 } } });
      given.backend((call) => {
        given.forward(sentAfterMs);
        call.sentAtMs += sentAfterMs;
        given.forward(800 - sentAfterMs);
        return failing('timeout')();
      });
      await given.calls(5);
      expect(given.changes.length).toBe(changes);
    },
  );

  it.each([{ max: 3 }, { max: 3, min: 8 }, { max: 3, initial: 500 }])(
    'no more calls are under way than the maximum: %o',
    async (concurrency) => {
      const given = givenService({ policy: { concurrency, breaker: { mode: 'disabled' } } });
      given.backend(failing('server-error'));
      await given.calls(10);
      const before = given.sent.length;
      given.backend(() => new Promise(() => {}));
      for (let call = 0; call < 20; call += 1) void given.call().catch(() => {});
      await new Promise((resolve) => setImmediate(resolve));
      expect(given.sent.length - before).toBe(3);
    },
  );

  it('a mutation that waits goes before queries that wait', async () => {
    const given = givenService({ policy: { concurrency: { initial: 1, min: 1, max: 1 } } });
    const done: Array<() => void> = [];
    given.backend(() => new Promise((resolve) => done.push(() => resolve('fine'))));
    const all = [given.call(), given.call(), given.call({ kind: 'mutation' })];
    for (let one = 0; one < 3; one += 1) {
      await expect.poll(() => done.length).toBe(one + 1);
      done[one]?.();
    }
    await Promise.all(all);
    expect(given.sent.map(({ kind }) => kind)).toEqual(['query', 'mutation', 'query']);
  });
});

describe('tries', () => {
  it('a mutation is never made again: 0 of 10,000', async () => {
    const given = givenService({ policy: { retries, breaker: { mode: 'disabled' } } });
    const ledger = new Map<string, number>();
    given.backend(({ request: { requestId } }) => {
      ledger.set(requestId, (ledger.get(requestId) ?? 0) + 1);
      return failing('server-error')();
    });
    await given.calls(10_000, { kind: 'mutation' });
    expect(ledger.size).toBe(10_000);
    expect([...ledger.values()].filter((times) => times !== 1)).toEqual([]);
  });

  it('unless nothing was sent, or the service knows the key', async () => {
    const given = givenService({ policy: { retries } });
    given.backend(failing('connect', { nothingSent: true }));
    await given.calls(1, { kind: 'mutation' });
    expect(given.sent.length).toBe(3);
    const keyed = givenService({ policy: { retries } });
    keyed.backend(failing('server-error'));
    await keyed.calls(1, { kind: 'mutation', idempotencyKey: 'order-1' });
    expect(keyed.sent.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['order-1', 'order-1', 'order-1']);
  });

  it.each(['', ' '])('a key that is empty ("%s") is none', async (idempotencyKey) => {
    const given = givenService({ policy: { retries } });
    given.backend(failing('server-error'));
    await given.calls(1, { kind: 'mutation', idempotencyKey });
    expect(given.sent.map((call) => call.idempotencyKey)).toEqual([null]);
  });

  it('a service that always fails gets at most 1.2 calls for each, even without a breaker', async () => {
    const given = givenService({ policy: { retries, breaker: { mode: 'disabled' } } });
    given.backend(failing('server-error'));
    for (let burst = 0; burst < 20; burst += 1) {
      await Promise.all(Array.from({ length: 50 }, () => given.call().catch(() => undefined)));
      given.forward(250);
    }
    expect(given.sent.length).toBeLessThanOrEqual(1200);
    expect(given.sent.length).toBeGreaterThan(1100);
  });

  it('a service that says when to come back is not asked sooner, nor when that is too late', async () => {
    const given = givenService({ policy: { retries } });
    const waits: number[] = [];
    given.events.on('callRetried', ({ delayMs }) => waits.push(delayMs));
    given.backend(failing('server-error', { retryAfterMs: 20 }));
    await given.calls(1);
    expect(waits.map((ms) => ms >= 20)).toEqual([true, true]);
    given.backend(failing('server-error', { retryAfterMs: 60_000 }));
    await given.calls(1);
    expect(waits.length).toBe(2);
  });

  it('a hedge asks another replica, and the slower try is cancelled', async () => {
    const replicas = [{ url: 'http://a' }, { url: 'http://b' }];
    const hedging = { enabled: true, afterMinMs: 5 };
    const given = givenService({ policy: { hedging }, replicas });
    // Quick calls first: without them nobody knows what slow is.
    await given.calls(30);
    const before = given.sent.length;
    given.backend(({ attempt }) =>
      attempt === 0 ? new Promise(() => undefined) : Promise.resolve('second'),
    );
    expect(await given.calls(1)).toEqual(['second']);
    const [first, second] = given.sent.slice(before);
    expect(first?.endpoint).not.toBe(second?.endpoint);
    expect([first?.cancellation.reason?.code, second?.cancellation.reason]).toEqual(['CANCELLED', undefined]);
  });

  it('calls that failed at once do not make a hedge begin sooner', async () => {
    const policy = {
      hedging: { enabled: true, afterMinMs: 1 },
      breaker: { mode: 'disabled' },
      retries: { max: 0 },
    } as const;
    const given = givenService({ policy });
    given.backend(failing('connect'));
    await given.calls(30);
    given.backend(() => new Promise((resolve) => setTimeout(resolve, 50, 'slow')));
    const before = given.sent.length;
    await given.calls(1);
    expect(given.sent.length - before).toBe(1);
  });
});

describe('replicas', () => {
  const zones = [
    { url: 'http://near-1', zone: 'near' },
    { url: 'http://near-2', zone: 'near' },
    { url: 'http://far-1', zone: 'far' },
    { url: 'http://far-2', zone: 'far' },
  ];

  it('calls stay in the near zone, move when it is ejected, and come back', async () => {
    const given = givenService({
      policy: { replicas: { zones: ['near', 'far'] }, breaker: { mode: 'disabled' } },
      replicas: zones,
    });
    const zonesOf = (calls: number): Set<string | undefined> =>
      new Set(given.sent.slice(-calls).map(({ endpoint }) => endpoint?.zone));
    await given.calls(20);
    expect(zonesOf(20)).toEqual(new Set(['near']));
    given.backend(({ endpoint }) =>
      endpoint?.zone === 'near' ? failing('connect')() : Promise.resolve('from afar'),
    );
    await given.calls(20);
    expect(await given.calls(10)).toEqual(Array<string>(10).fill('from afar'));
    expect(zonesOf(10)).toEqual(new Set(['far']));
    given.backend(() => Promise.resolve('fine'));
    given.forward(1500);
    await given.calls(20);
    expect(zonesOf(10)).toEqual(new Set(['near']));
  });

  it('more than half are never ejected: then every replica gets calls', async () => {
    let turn = 0;
    const random = (): number => (turn = (turn + 0.37) % 1);
    const given = givenService({ policy: { breaker: { mode: 'disabled' } }, replicas: zones, random });
    given.backend(({ endpoint }) =>
      endpoint?.id === 'http://far-2' ? Promise.resolve('fine') : failing('connect')(),
    );
    await given.calls(60);
    const last = new Set(given.sent.slice(-40).map(({ endpoint }) => endpoint?.id));
    expect(last.size).toBeGreaterThan(1);
  });

  it('the one with fewer calls under way is taken', async () => {
    const given = givenService({ replicas: zones.slice(0, 2) });
    given.backend(({ endpoint }) =>
      endpoint?.id === 'http://near-1' ? new Promise(() => undefined) : Promise.resolve('fine'),
    );
    const waiting = [given.call(), given.call()];
    await given.calls(10);
    const busy = given.sent.filter(({ endpoint }) => endpoint?.id === 'http://near-1').length;
    expect(busy).toBeLessThanOrEqual(2);
    expect(waiting.length).toBe(2);
  });
});
