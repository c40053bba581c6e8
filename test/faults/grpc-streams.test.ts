/** Server streams under a broken backend: what policies do before the first message, and what they learn after it. */

import { expect, it } from 'vitest';

import { policyDefaults } from '../../src/config/gateway/policies.ts';
import { GatewayError } from '../../src/shared/errors.ts';
import { requestContext } from '../support/context.ts';
import { givenStock } from './support/given-stock.ts';

const whole = ['near 0', 'near 1', 'near 2', 'near 3'];

it('a stream whose replica is out before the first message comes from another one, as a whole', async () => {
  const { watch, proxies } = await givenStock({ near: 1, far: 1, attemptTimeoutMs: 800 });
  expect(await watch(4)).toEqual(whole);
  for (const toxic of [
    { kind: 'refuse' },
    { kind: 'blackhole' },
    { kind: 'truncate', afterBytes: 0 },
  ] as const) {
    await proxies[0]?.set(toxic);
    expect(await watch(4)).toEqual(['far 0', 'far 1', 'far 2', 'far 3']);
  }
});

it('a stream that breaks after its first message is not begun again, and its reader is told', async () => {
  const { watch, servers } = await givenStock({ near: 1, far: 1 });
  servers[0]?.breakAfter(2);
  expect(await watch(4)).toEqual(['near 0', 'near 1', 'SERVICE_UNAVAILABLE']);
  expect(servers.map(({ calls }) => calls.WatchStock)).toEqual([1, 0]);
});

it('streams that break open the breaker, which refuses the next ones at once', async () => {
  const { watch, servers, service } = await givenStock({ near: 1, far: 0 });
  servers[0]?.breakAfter(1);
  for (let i = 0; i < 5; i += 1) expect(await watch(4)).toEqual(['near 0', 'SERVICE_UNAVAILABLE']);
  expect(service.breaker.state).toBe('open');
  expect(await watch(4)).toEqual(['SERVICE_UNAVAILABLE']);
  expect(servers[0]?.calls.WatchStock).toBe(5);
});

it('streams that fall silent have failed at the deadline; those that go on talking have not', async () => {
  const breaker = { ...policyDefaults.breaker, slowMs: 500, minimumCalls: 3 };
  const policy = { breaker, timeoutMs: 1200 };
  const [talking, silent] = await Promise.all([
    givenStock({ near: 1, far: 0, policy }),
    givenStock({ near: 1, far: 0, policy }),
  ]);
  silent.servers[0]?.stallAfter(2);
  const three = ({ watch }: typeof talking) => Promise.all([watch(0), watch(0), watch(0)]);
  const [talked, fell] = await Promise.all([three(talking), three(silent)]);
  for (const got of talked) expect([got[0], got.at(-1)]).toEqual(['near 0', 'SERVICE_TIMEOUT']);
  expect(talking.service.breaker.state).toBe('closed');
  expect(fell).toEqual(Array(3).fill(['near 0', 'near 1', 'SERVICE_TIMEOUT']));
  expect(silent.service.breaker.state).toBe('open');
});

it('a stream holds its place until it ends, however it does', async () => {
  const concurrency = { ...policyDefaults.concurrency, initial: 1, min: 1, max: 1 };
  const { source, watch, stock, service } = await givenStock({ near: 1, far: 0, policy: { concurrency } });
  const open = source.stream('WatchStock', { upcs: ['p'], updates: 0 }, requestContext());
  const reading = open[Symbol.asyncIterator]();
  await reading.next();
  expect([service.limit.underWay, service.limit.waiting]).toEqual([1, 0]);
  const waiting = stock();
  await expect.poll(() => service.limit.waiting).toBe(1);
  await reading.return?.();
  expect(await waiting).toBe('near');
  expect(await watch(4)).toEqual(whole);
  const context = requestContext();
  const left = watch(0, context);
  await expect.poll(() => service.limit.underWay).toBe(1);
  context.cancellation.cancel(new GatewayError('CANCELLED', 'the client left'));
  expect((await left).at(-1)).toBe('CANCELLED');
  await expect.poll(() => service.limit.underWay).toBe(0);
});

it('a stream that nobody reads on ends at its deadline', async () => {
  const { source, servers, service } = await givenStock({ near: 1, far: 0, policy: { timeoutMs: 200 } });
  const open = source.stream('WatchStock', { upcs: ['p'], updates: 0 }, requestContext());
  await open[Symbol.asyncIterator]().next();
  expect(servers[0]?.streams).toBe(1);
  await expect.poll(() => servers[0]?.streams).toBe(0);
  await expect.poll(() => service.limit.underWay).toBe(0);
  expect(service.breaker.state).toBe('closed');
});

it('of two tries of a hedged stream one is read, and the other ends', async () => {
  const hedging = { enabled: true, percentile: 95, afterMinMs: 5 };
  // The quick calls below may be hedged too.
  const retries = { ...policyDefaults.retries, max: 0, budget: { percent: 20, perSecondMin: 100 } };
  const { watch, stock, servers } = await givenStock({
    near: 1,
    far: 1,
    // So far away that only its cancellation ends the other try.
    policy: { hedging, retries, timeoutMs: 600_000 },
  });
  // Without quick calls nobody knows what slow is.
  for (let i = 0; i < 25; i += 1) await stock();
  servers[0]?.stallAfter(0);
  expect(await watch(4)).toEqual(['far 0', 'far 1', 'far 2', 'far 3']);
  await expect.poll(() => servers.map(({ streams }) => streams)).toEqual([0, 0]);
});

it('a probe has passed with its first message', async () => {
  const breaker = { ...policyDefaults.breaker, openMs: 100, minimumCalls: 3, halfOpenPermits: 1 };
  const { source, watch, servers, service } = await givenStock({ near: 1, far: 0, policy: { breaker } });
  servers[0]?.breakAfter(1);
  for (let i = 0; i < 3; i += 1) await watch(4);
  expect(service.breaker.state).toBe('open');
  servers[0]?.breakAfter(Infinity);
  const open = async () => {
    const reading = source
      .stream('WatchStock', { upcs: ['p'], updates: 0 }, requestContext())
      [Symbol.asyncIterator]();
    return reading.next().then(
      () => reading,
      () => undefined,
    );
  };
  await expect.poll(async () => (await open())?.return?.()).toBeDefined();
  const reading = await open();
  expect([service.breaker.state, service.limit.underWay]).toEqual(['closed', 1]);
  await reading?.return?.();
});
