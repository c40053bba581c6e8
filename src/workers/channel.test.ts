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

it('hands on an error with its code and what clients may know', async () => {
  const { near } = given(() =>
    Promise.reject(new GatewayError('PLANNING_TIMEOUT', 'slow', { public: { retryAfter: 3 } })),
  );
  await expect(near.call('ask', 1000)).rejects.toMatchObject({
    name: 'GatewayError',
    code: 'PLANNING_TIMEOUT',
    public: { retryAfter: 3 },
  });
});

it('waits no longer than it may, for no more than it may', async () => {
  const { near } = given(() => new Promise(() => {}));
  const first = near.call('ask', 5);
  const second = near.call('ask', 5);
  await expect(near.call('ask', 5)).rejects.toMatchObject({ code: 'OVERLOADED' });
  await expect(first).rejects.toMatchObject({ code: 'NOT_READY' });
  await expect(second).rejects.toMatchObject({ code: 'NOT_READY' });
});

it('ends what waits, and whatever is asked later, when the other side is gone', async () => {
  const { near, cut } = given(() => new Promise(() => {}));
  const waiting = near.call('ask', 1000);
  cut();
  await expect(waiting).rejects.toMatchObject({ code: 'NOT_READY' });
  await expect(near.call('ask', 1000)).rejects.toMatchObject({ code: 'NOT_READY' });
});

/** Two ends of a channel; `answer` is the far one's. Two calls may wait. */
function given(answer: (call: string) => Promise<string>): {
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
  return { near: channel, cut: () => void near.emit('disconnect') };
}
