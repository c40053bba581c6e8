/** A connection that waits for its next call is no reason for a process to stay. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { expect, it, onTestFinished } from 'vitest';

import { json, startStandIn } from './support/stand-in.ts';

it('a process that has made its calls ends, with connections that would be kept for ten minutes', async () => {
  const service = await startStandIn(json({ ok: true }));
  onTestFinished(() => service.close());
  const child = fork(fileURLToPath(new URL('support/one-call.ts', import.meta.url)), [service.url]);
  onTestFinished(() => void child.kill());
  const ended = once(child, 'exit');
  expect(await once(child, 'message')).toEqual([{ status: 200 }, undefined]);
  expect(await ended).toEqual([0, null]);
});
