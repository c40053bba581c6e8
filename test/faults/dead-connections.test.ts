/** Connections that died without a word: a service that is back is not asked over them again. */

import { setTimeout as sleep } from 'node:timers/promises';

import { expect, it, onTestFinished } from 'vitest';

import { policyDefaults } from '../../src/config/gateway/policies.ts';
import { fixedEndpoints } from '../../src/resilience/endpoints.ts';
import { Service } from '../../src/resilience/service.ts';
import { monotonicClock } from '../../src/shared/clock.ts';
import { Events } from '../../src/shared/events.ts';
import { backendOf } from '../../src/sources/backend.ts';
import { createHttpTransport } from '../../src/sources/http/transport.ts';
import { createRestSource } from '../../src/sources/rest/rest-source.ts';
import { startStandIn } from '../sources/support/stand-in.ts';
import { requestContext } from '../support/context.ts';
import { openFaultProxy } from './proxy/fault-proxy.ts';

const openMs = 100;
const connections = 8;
/** Idle connections would be closed then in any case: after everything here. */
const keepAliveMs = 600_000;

it('idle connections of a service whose breaker opened are closed, and its probes go over new ones', async () => {
  const { call, proxy, service } = await given();
  await Promise.all(Array.from({ length: connections }, call));
  expect(proxy.counts.open).toBe(connections);

  await proxy.set({ kind: 'blackhole', forgets: true });
  const timedOut = await Promise.all([call(), call(), call()]);
  expect(timedOut).toEqual(['SERVICE_TIMEOUT', 'SERVICE_TIMEOUT', 'SERVICE_TIMEOUT']);
  expect(service.breaker.state).toBe('open');
  await expect.poll(() => proxy.counts.open).toBe(0);

  await proxy.heal();
  await sleep(openMs * 1.2 + 20);
  expect(await Promise.all([call(), call(), call()])).toEqual(['fine', 'fine', 'fine']);
  expect(service.breaker.state).toBe('closed');
});

async function given() {
  const standIn = await startStandIn((_asked, response) => void setTimeout(() => response.end('"fine"'), 20));
  onTestFinished(() => standIn.close());
  const proxy = await openFaultProxy({ port: Number(new URL(standIn.url).port) });
  onTestFinished(() => proxy.close());
  const transport = createHttpTransport();
  onTestFinished(() => transport.close());
  const options = {
    ...policyDefaults,
    timeoutMs: 800,
    retries: { ...policyDefaults.retries, max: 0 },
    breaker: { ...policyDefaults.breaker, minimumCalls: 3, failureRatePercent: 25, openMs },
  };
  const events = new Events();
  const service = new Service(options, { name: 'far', clock: monotonicClock, random: Math.random, events });
  service.replicas.follow(fixedEndpoints([{ url: `http://127.0.0.1:${proxy.port}` }]));
  onTestFinished(() => service.close());
  const source = createRestSource(backendOf(service, transport, { keepAliveMs }));
  return {
    proxy,
    service,
    call: (): Promise<unknown> =>
      source
        .get('/', {}, requestContext())
        .catch((error: unknown) => (error as { readonly code: string }).code),
  };
}
