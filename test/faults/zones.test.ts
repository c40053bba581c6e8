/**
 * Two zones of replicas behind fault proxies: calls stay in the near one while it is well, move to the far one without
 * clients noticing more than the first tries, and come back after the repair.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, it, onTestFinished } from 'vitest';

import { policyDefaults } from '../../src/config/gateway/policies.ts';
import { fixedEndpoints } from '../../src/resilience/endpoints.ts';
import { Service } from '../../src/resilience/service.ts';
import { monotonicClock } from '../../src/shared/clock.ts';
import { isGatewayError } from '../../src/shared/errors.ts';
import { Events, type GatewayEvents } from '../../src/shared/events.ts';
import { backendOf } from '../../src/sources/backend.ts';
import { createGraphqlSource } from '../../src/sources/graphql/graphql-source.ts';
import { createHttpTransport } from '../../src/sources/http/transport.ts';
import { startStandIn } from '../sources/support/stand-in.ts';
import { requestContext } from '../support/context.ts';
import { openFaultProxy, type FaultProxy } from './proxy/fault-proxy.ts';
import type { Toxic } from './proxy/toxics.ts';

const openMs = 300;

const outages: ReadonlyArray<readonly [string, Toxic]> = [
  ['refuses connections', { kind: 'refuse' }],
  ['resets connections', { kind: 'reset', afterBytes: 0, direction: 'request' }],
  ['cuts its answers off', { kind: 'truncate', afterBytes: 100 }],
  ['does not answer', { kind: 'blackhole' }],
];

describe.each([2, 3])('with %d replicas in the near zone and as many in the far one', (size) => {
  it.each(outages)('calls leave a near zone that %s, and come back', async (_what, toxic) => {
    // A slow answer of a busy machine is no failure where that is not what the test is about.
    const { call, near, far, changes } = await given(size, toxic.kind === 'blackhole' ? 250 : 0);
    // One that is slow at first, as any may be on a busy machine, is asked less often than the others.
    const isEachAsked = async (): Promise<boolean> => {
      await many(20, call);
      return near.every(({ counts }) => counts.calls > 0);
    };
    await expect.poll(isEachAsked).toBe(true);
    expect(far.every(({ counts }) => counts.calls === 0)).toBe(true);

    await Promise.all(near.map((proxy) => proxy.set(toxic)));
    const during = await many(60, call);
    // The first ones find it out; nobody after them does, and the service as a whole is never given up.
    expect(during.slice(20).filter((answer) => answer !== 'far')).toEqual([]);
    expect(during.filter((answer) => answer !== 'far').length).toBeLessThanOrEqual(5 * size);
    expect(changes.filter(({ replica }) => replica === null)).toEqual([]);

    await Promise.all(near.map((proxy) => proxy.heal()));
    await expect.poll(async () => (await many(20, call)).every((answer) => answer === 'near')).toBe(true);
  });

  it('one near replica that fails costs no call, and the far zone gets none', async () => {
    const { call, near, far } = await given(size);
    await many(20, call);
    await near[0]?.set({ kind: 'refuse' });
    const during = await many(60, call);
    expect(during.filter((answer) => answer !== 'near')).toEqual([]);
    expect(far.every(({ counts }) => counts.calls === 0)).toBe(true);
  });
});

async function given(size: number, attemptTimeoutMs = 0) {
  const transport = createHttpTransport();
  onTestFinished(() => transport.close());
  const near = await zone('near', size);
  const far = await zone('far', size);
  const events = new Events();
  const changes: Array<GatewayEvents['breakerChanged']> = [];
  events.on('breakerChanged', (change) => changes.push(change));
  const { ejection } = policyDefaults.replicas;
  const options = {
    ...policyDefaults,
    timeoutMs: attemptTimeoutMs === 0 ? 10_000 : 1000,
    // A probe that fails is tried again elsewhere, if there is a try left.
    retries: {
      ...policyDefaults.retries,
      attemptTimeoutMs,
      baseMs: 1,
      budget: { percent: 20, perSecondMin: 50 },
    },
    replicas: { zones: ['near', 'far'], ejection: { ...ejection, openMs, openMaxMs: 2 * openMs } },
  };
  const parts = { name: 'places', clock: monotonicClock, random: Math.random, events };
  const service = new Service(options, parts);
  onTestFinished(() => service.close());
  const replicas = [
    ...near.map((one) => ({ ...one, zone: 'near' })),
    ...far.map((one) => ({ ...one, zone: 'far' })),
  ];
  service.replicas.follow(fixedEndpoints(replicas.map(({ url, zone: name }) => ({ url, zone: name }))));
  const source = createGraphqlSource(backendOf(service, transport));
  async function call(): Promise<string> {
    try {
      return (await source.query<{ zone: string }>('{ zone }', {}, requestContext())).zone;
    } catch (error) {
      return isGatewayError(error) ? error.code : String(error);
    }
  }
  return { call, near: near.map(({ proxy }) => proxy), far: far.map(({ proxy }) => proxy), changes };
}

interface Place {
  readonly url: string;
  readonly proxy: FaultProxy;
}

function zone(name: string, size: number): Promise<Place[]> {
  return Promise.all(
    Array.from({ length: size }, async () => {
      const server = await startStandIn((_request, response) => {
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ data: { zone: name } }));
      });
      onTestFinished(() => server.close());
      const proxy = await openFaultProxy({ port: Number(new URL(server.url).port) });
      onTestFinished(() => proxy.close());
      return { url: `http://127.0.0.1:${proxy.port}/graphql`, proxy };
    }),
  );
}

/** One after the other, as most services are called most of the time. */
async function many(count: number, call: () => Promise<string>): Promise<string[]> {
  const answers: string[] = [];
  for (let i = 0; i < count; i += 1) {
    answers.push(await call());
    await sleep(1);
  }
  return answers;
}
