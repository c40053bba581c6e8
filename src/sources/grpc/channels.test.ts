import { expect, it } from 'vitest';

import { transportDefaults } from '../../config/gateway/transport.ts';
import type { Endpoint } from '../../resilience/endpoints.ts';
import { GrpcChannels } from './channels.ts';

const endpoint = (number: number): Endpoint => ({ id: `e${number}`, url: `grpc://127.0.0.1:${number}` });

it('channels of addresses that change all the time are bounded, and the one unused for longest goes first', () => {
  const channels = new GrpcChannels(transportDefaults);
  const busy = channels.enter(endpoint(1));
  for (let number = 2; number <= 300; number += 1) channels.leave(channels.enter(endpoint(number)));
  expect(channels.size).toBe(128);
  expect(channels.enter(endpoint(1))).toBe(busy);
  channels.close();
  expect(channels.size).toBe(0);
});

it('a channel on which nothing was heard for the whole of a call is given up once, and one that was heard is not', () => {
  const channels = new GrpcChannels(transportDefaults);
  const [first, same] = [channels.enter(endpoint(1)), channels.enter(endpoint(1))];
  expect(same).toBe(first);
  first.heardAtMs = 20;
  channels.noteSilence(endpoint(1), first, 10);
  expect(channels.size).toBe(1);
  channels.noteSilence(endpoint(1), first, 30);
  const next = channels.enter(endpoint(1));
  expect(next).not.toBe(first);
  channels.noteSilence(endpoint(1), same, 30);
  expect(channels.enter(endpoint(1))).toBe(next);
  // The old one, until its two calls have ended, and the new one.
  expect(channels.size).toBe(2);
  for (const channel of [first, same]) channels.leave(channel);
  expect(channels.size).toBe(1);
  channels.close();
});
