/** Calls the bomb through the real transport and reports what that cost this process. */

import { monitorEventLoopDelay } from 'node:perf_hooks';

import { senderTo } from './sender.ts';

export interface BombReport {
  readonly codes: readonly string[];
  /** Of one call. */
  readonly rssGrowthBytes: number;
  /** Of ten calls one after the other. */
  readonly rssGrowthOfTenBytes: number;
  readonly loopBlockedMs: number;
}

const port = process.argv[2] ?? '';
const sender = senderTo(`http://127.0.0.1:${port}`, { acceptEncodings: ['gzip'] });
// What the first call loads and compiles is no part of what a bomb costs.
await sender.send({ path: '/small' });
const beforeBytes = process.memoryUsage.rss();
const loop = monitorEventLoopDelay({ resolution: 1 });
loop.enable();
let peakBytes = beforeBytes;
const timer = setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}, 1);
const growthBytes = (): number => Math.max(peakBytes, process.memoryUsage.rss()) - beforeBytes;
const codes = [(await sender.failure()).code];
const rssGrowthBytes = growthBytes();
for (let call = 1; call < 10; call += 1) codes.push((await sender.failure()).code);
clearInterval(timer);
loop.disable();
const report: BombReport = {
  codes,
  rssGrowthBytes,
  rssGrowthOfTenBytes: growthBytes(),
  loopBlockedMs: loop.max / 1e6,
};
process.send?.(report);
await sender.close();
process.disconnect?.();
