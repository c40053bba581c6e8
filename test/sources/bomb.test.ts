/** T-SUB-BOMB: 200 MB in gzip from a service cost the gateway no more than its limit allows. */

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { expect, it, onTestFinished } from 'vitest';

import type { BombPort } from './support/bomb-server.ts';
import type { BombReport } from './support/bomb-target.ts';

it('a bomb is refused, within three times the limit of an answer and without holding up the event loop', async () => {
  const [port] = (await once(start('bomb-server.ts'), 'message')) as [BombPort];
  const [message] = await once(start('bomb-target.ts', String(port)), 'message');
  const { codes, rssGrowthBytes, rssGrowthOfTenBytes, blockedCpuMs } = message as BombReport;
  const growth = [rssGrowthBytes, rssGrowthOfTenBytes].map((bytes) => (bytes / mebibyte).toFixed(1));
  console.log(
    `bomb: RSS +${growth.join(' MB, ten of them +')} MB, loop ${blockedCpuMs.toFixed(1)} ms of processor`,
  );
  expect(codes).toEqual(Array<string>(10).fill('SERVICE_BAD_RESPONSE'));
  expect(rssGrowthBytes).toBeLessThan(30 * mebibyte);
  // What was unpacked before waits for the garbage collector.
  expect(rssGrowthOfTenBytes).toBeLessThan(150 * mebibyte);
  // Unpacking all of it takes seconds.
  expect(blockedCpuMs).toBeLessThan(500);
});

const mebibyte = 1024 * 1024;

function start(file: string, ...args: string[]): ChildProcess {
  const child = fork(fileURLToPath(new URL(`support/${file}`, import.meta.url)), args);
  onTestFinished(() => void child.kill());
  return child;
}
