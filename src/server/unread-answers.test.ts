import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Events } from '../shared/events.ts';
import { UnreadAnswers } from './unread-answers.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each([
  ['of a phone far from the next mast', 4],
  ['of a train in the country', 50],
])('sends a long answer whole over the link %s', async (_what, bytesPerMs) => {
  const unread = new UnreadAnswers(
    { timeoutMs: 30_000, bytesMax: 268_435_456, networkOf: (address) => address },
    () => Date.now(),
    new Events(),
  );
  const link = linkOf(bytesPerMs);
  unread.end(link as unknown as ServerResponse, Buffer.alloc(1_000_000));
  await vi.advanceTimersByTimeAsync(300_000);
  expect(link.writableFinished).toBe(true);
  unread.close();
});

/** Accepts writes like a socket whose system buffers are full. */
function linkOf(bytesPerMs: number): Writable {
  const link: Writable = new Writable({
    highWaterMark: 65_536,
    write: (chunk: Buffer, _encoding, done) => void setTimeout(done, chunk.length / bytesPerMs),
  });
  const socket = { remoteAddress: '192.0.2.1', destroyed: false, destroy: () => link.destroy() };
  return Object.assign(link, { req: { socket, headers: {} } });
}
