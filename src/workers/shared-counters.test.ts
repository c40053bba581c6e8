/** Limits of workers, counted in the primary process, over a channel between the two. */

import { EventEmitter } from 'node:events';

import { expect, it } from 'vitest';

import { checkOf, ruleOf } from '../../test/support/limits.ts';
import type { LimitCheck } from '../limits/check.ts';
import { MemoryStore } from '../limits/counters/memory-store.ts';
import type { CallToPrimary, CallToWorker } from './calls.ts';
import { Channel, type Peer } from './channel.ts';
import { RemoteCounters } from './remote-counters.ts';
import { SharedCounters } from './shared-counters.ts';

interface Given {
  readonly workers: readonly RemoteCounters[];
  /** Calls that arrived in the primary process, as JSON. */
  readonly calls: string[];
  readonly primary: { isStuck: boolean };
}

function given(): Given {
  const counters = new SharedCounters({ keysMax: 100, now: () => 1000 });
  const calls: string[] = [];
  const primary = { isStuck: false };
  const answer = (call: CallToPrimary): Promise<string> => {
    calls.push(JSON.stringify(call));
    if (primary.isStuck) return new Promise(() => {});
    if (call.kind === 'takeLimits') return Promise.resolve(counters.take(call.packed));
    if (call.kind === 'settleLimits') counters.settle(call.changes);
    return Promise.resolve('');
  };
  return {
    workers: [1, 2].map(() => new RemoteCounters(channelTo(answer), { workers: 2, timeoutMs: 200 })),
    calls,
    primary,
  };
}

function channelTo(answer: (call: CallToPrimary) => Promise<string>): Channel<CallToPrimary, CallToWorker> {
  const [near, far] = [new EventEmitter(), new EventEmitter()];
  const peer = (own: EventEmitter, other: EventEmitter): Peer =>
    Object.assign(own, {
      // As between processes.
      send: (message: object) =>
        void setImmediate(() => other.emit('message', JSON.parse(JSON.stringify(message)))),
    });
  new Channel<CallToWorker, CallToPrimary>(peer(far, near), answer, 10);
  return new Channel(peer(near, far), () => Promise.resolve(''), 10);
}

const tier = ruleOf({ limit: 10, windowMs: 60_000 });
const burst = ruleOf({ policy: 'burst', algorithm: 'gcra', limit: 10, burst: 3, windowMs: 60_000 });
const requests: LimitCheck[][] = [
  [checkOf(tier, { gate: 1, cost: 4 }), checkOf(burst, { owner: 'abcdef', isReturned: true })],
  [checkOf(tier, { cost: 7 })],
  [checkOf(burst, { owner: 'abcdef', cost: 9, isMeasured: true }), checkOf(tier, { key: 'other' })],
];

it('counts as a process alone does, and sends each rule once', async () => {
  const { workers, calls } = given();
  const alone = new MemoryStore({ keysMax: 100, now: () => 1000 });
  expect(await workers[0]?.take(requests)).toEqual(requests.map((checks) => alone.take(checks)));
  expect(calls).toHaveLength(1);
  expect(calls[0]?.match(/"windowMs"/g)).toHaveLength(2);
});

it('counts for all workers together, and settles for all of them', async () => {
  const { workers } = given();
  const [first, second] = workers;
  const [[outcome] = []] = (await first?.take([[checkOf(tier, { cost: 10 })]])) ?? [];
  expect(outcome).toMatchObject({ isExceeded: false, remaining: 0 });
  const [[refused] = []] = (await second?.take([[checkOf(tier)]])) ?? [];
  expect(refused).toMatchObject({ isExceeded: true, retryAfterMs: 65_000 });
  const charge = { check: checkOf(tier), bucket: outcome?.bucket ?? 0, countedBy: 'store' } as const;
  await second?.settle([{ charge, units: -3 }]);
  const [[admitted] = []] = (await first?.take([[checkOf(tier)]])) ?? [];
  expect(admitted).toMatchObject({ isExceeded: false, remaining: 2 });
  expect(await first?.probe()).toEqual({ processes: 2, resets: 0 });
});

it('fails where the primary process does not answer', async () => {
  const { workers, primary } = given();
  primary.isStuck = true;
  await expect(workers[0]?.take(requests)).rejects.toThrow('within 200 ms');
  await expect(workers[0]?.probe()).rejects.toThrow('within 200 ms');
});
