import { EventEmitter } from 'node:events';

import { expect, it } from 'vitest';

import { GatewayError } from '../shared/errors.ts';
import { Channel, type Peer } from './channel.ts';

it('gives each call its own answer, whatever order they come in', async () => {
  const { near } = given((name) =>
    name === 'late' ? new Promise((resolve) => setTimeout(() => resolve('late'), 5)) : Promise.resolve(name),
  );
  expect(await Promise.all([near.call('late', 1000), near.call('soon', 1000)])).toEqual(['late', 'soon']);
});

it('passes on an error with its code and its public details', async () => {
  const { near } = given(() =>
    Promise.reject(new GatewayError('PLANNING_TIMEOUT', 'slow', { public: { retryAfter: 3 } })),
  );
  await expect(near.call('ask', 1000)).rejects.toMatchObject({
    name: 'GatewayError',
    code: 'PLANNING_TIMEOUT',
    public: { retryAfter: 3 },
  });
});

it('limits the time of a call and the number of pending calls', async () => {
  const { near } = given(() => new Promise(() => {}));
  const first = near.call('ask', 5);
  const second = near.call('ask', 5);
  await expect(near.call('ask', 5)).rejects.toMatchObject({ code: 'OVERLOADED' });
  await expect(first).rejects.toMatchObject({ code: 'NOT_READY' });
  await expect(second).rejects.toMatchObject({ code: 'NOT_READY' });
});

it('rejects pending and later calls once the other side has ended', async () => {
  const { near, cut } = given(() => new Promise(() => {}));
  const waiting = near.call('ask', 1000);
  cut();
  await expect(waiting).rejects.toMatchObject({ code: 'NOT_READY' });
  await expect(near.call('ask', 1000)).rejects.toMatchObject({ code: 'NOT_READY' });
});

it.each([
  ['the caller has cancelled it', 60_000, 'leave'],
  ['the caller has timed out', 5, 'nothing'],
  ['the caller has ended', 60_000, 'cut'],
] as const)('aborts the signal of a call that nothing awaits: %s', async (_why, timeoutMs, how) => {
  let signal: AbortSignal | undefined;
  const { near, cut } = given((_call, callSignal) => {
    signal = callSignal;
    return new Promise((_, reject) => callSignal.addEventListener('abort', () => reject(new Error('left'))));
  });
  const caller = new AbortController();
  const called = near.call('ask', timeoutMs, caller.signal);
  called.catch(() => {});
  await expect.poll(() => signal?.aborted).toBeDefined();
  if (how === 'leave') caller.abort();
  if (how === 'cut') cut();
  await expect.poll(() => signal?.aborted).toBe(true);
  await expect(called).rejects.toMatchObject({ code: how === 'leave' ? 'INTERNAL_ERROR' : 'NOT_READY' });
});

/** Two ends of a channel; `answer` is the far one's. Two calls may wait. */
function given(answer: (call: string, signal: AbortSignal) => Promise<string>): {
  near: Channel<string, string>;
  cut: () => void;
} {
  const [near, far] = [new EventEmitter(), new EventEmitter()];
  const peer = (own: EventEmitter, other: EventEmitter): Peer =>
    Object.assign(own, {
      send: (message: object) => void setImmediate(() => other.emit('message', structuredClone(message))),
    });
  const channel = new Channel<string, string>(peer(near, far), () => Promise.resolve(''), 2);
  new Channel<string, string>(peer(far, near), answer, 2);
  return { near: channel, cut: () => [near, far].forEach((end) => end.emit('disconnect')) };
}
