/** Calls the bomb through the real transport and reports what that cost this process. */

import { threadClocks } from '../../../src/preparation/interruptible.ts';
import { senderTo } from './sender.ts';

export interface BombReport {
  readonly codes: readonly string[];
  /** Of one call. */
  readonly rssGrowthBytes: number;
  /** Of ten calls one after the other. */
  readonly rssGrowthOfTenBytes: number;
  /** The most processor time that the main thread took between two turns of its event loop. */
  readonly blockedCpuMs: number;
}

const port = process.argv[2] ?? '';
const sender = senderTo(`http://127.0.0.1:${port}`, { acceptEncodings: ['gzip'] });
// What the first call loads and compiles is no part of what a bomb costs.
await sender.send({ path: '/small' });
const beforeBytes = process.memoryUsage.rss();
let peakBytes = beforeBytes;
let [blockedCpuMs, cpuMs] = [0, threadClocks.cpu()];
const look = (): void => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  const nowCpuMs = threadClocks.cpu();
  blockedCpuMs = Math.max(blockedCpuMs, nowCpuMs - cpuMs);
  cpuMs = nowCpuMs;
};
const timer = setInterval(look, 1);
const growthBytes = (): number => Math.max(peakBytes, process.memoryUsage.rss()) - beforeBytes;
const codes = [(await sender.failure()).code];
const rssGrowthBytes = growthBytes();
for (let call = 1; call < 10; call += 1) codes.push((await sender.failure()).code);
look();
clearInterval(timer);
const report: BombReport = {
  codes,
  rssGrowthBytes,
  rssGrowthOfTenBytes: growthBytes(),
  blockedCpuMs,
};
process.send?.(report);
await sender.close();
process.disconnect?.();
