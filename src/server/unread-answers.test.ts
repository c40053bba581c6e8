import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Events } from '../shared/events.ts';
import { UnreadAnswers } from './unread-answers.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const limits = { timeoutMs: 30_000, bytesMax: 1_000_000, networkOf: (address: string) => address };

it.each([
  ['of a phone far from the next mast', 4],
  ['of a train in the country', 50],
])('sends a long answer whole over the link %s', async (_what, bytesPerMs) => {
  const unread = new UnreadAnswers({ ...limits, bytesMax: 268_435_456 }, () => Date.now(), new Events());
  for (const body of [Buffer.alloc(1_000_000), 'a'.repeat(1_000_000)]) {
    const link = linkOf(bytesPerMs);
    unread.end(link, body);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(link.writableFinished).toBe(true);
  }
  unread.close();
});

it.each([
  ['before the answer was ready', 'response'],
  ['before its turn on the connection came', 'socket'],
])('counts nothing for a client that has left %s', async (_, ended) => {
  const { unread, dropped } = given();
  for (let departed = 0; departed < 40; departed += 1) {
    const link = linkOf(1);
    if (ended === 'response') link.destroy();
    else Object.assign(link.req.socket, { destroyed: true });
    unread.end(link, Buffer.alloc(100_000));
  }
  await expectRoomFor(900_000, unread);
  expect(dropped).not.toHaveBeenCalled();
});

it('counts nothing more of a connection that has ended with answers behind the one that is sent', async () => {
  const { unread, dropped } = given();
  const first = linkOf(1);
  const second = linkOf(1);
  Object.assign(second, { req: first.req });
  for (const link of [first, second]) unread.end(link, Buffer.alloc(60_000));
  first.req.socket.emit('close');
  first.destroy();
  await expectRoomFor(1_900_000, unread);
  expect(dropped).not.toHaveBeenCalled();
});

it('counts nothing more of a response that is read before its request has ended', async () => {
  const { unread, dropped } = given();
  for (let early = 0; early < 40; early += 1) {
    const link = linkOf(1000);
    unread.end(link, Buffer.alloc(100_000), (last, sent) => void link.write(last, sent));
    await vi.advanceTimersByTimeAsync(1000);
    expect(link.writableEnded).toBe(false);
  }
  await expectRoomFor(1_900_000, unread);
  expect(dropped).not.toHaveBeenCalled();
});

function given() {
  const events = new Events();
  const dropped = vi.fn();
  events.on('unreadAnswersDropped', dropped);
  return { unread: new UnreadAnswers(limits, () => Date.now(), events), dropped };
}

/** Together with what is counted already, more than twice the limit would close connections. */
async function expectRoomFor(bytes: number, unread: UnreadAnswers): Promise<void> {
  const link = linkOf(1000);
  unread.end(link, Buffer.alloc(bytes));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(link.writableFinished).toBe(true);
  unread.close();
}

type Link = ServerResponse & { readonly req: { readonly socket: EventEmitter } };

/** Accepts writes like a socket whose system buffers are full. */
function linkOf(bytesPerMs: number): Link {
  const link: Writable = new Writable({
    highWaterMark: 65_536,
    write: (chunk: Buffer, _encoding, done) => void setTimeout(done, chunk.length / bytesPerMs),
  });
  const socket = Object.assign(new EventEmitter(), {
    remoteAddress: '192.0.2.1',
    destroyed: false,
    destroy: () => link.destroy(),
  });
  return Object.assign(link, { req: { socket, headers: {} } }) as unknown as Link;
}
