/**
 * Preloaded into a gateway's process (`--import`): how long its main thread was ever busy without a pause, and its heap.
 * SIGUSR2 makes it print them as a line of JSON and begin anew.
 *
 * The longest pause by the clock also counts what other processes took of the machine; by processor time it is ours only.
 */
import { isMainThread } from 'node:worker_threads';

export interface Gauges {
  /** The longest time between two turns of the event loop, in ms. */
  readonly longestBlockMs: number;
  /** The most processor time that the main thread took between two turns, in ms. */
  readonly longestCpuMs: number;
  /** Processor time of the main thread since the last time, in ms. */
  readonly mainCpuMs: number;
  /** JavaScript heap of the main thread after a thorough collection, in MB. */
  readonly heapMb: number;
  /** Memory of buffers, outside that heap, in MB. */
  readonly buffersMb: number;
  /** Memory of the process with its worker threads, in MB. */
  readonly residentMb: number;
}

const tickMs = 5;
const megabyte = 1_048_576;
const collectGarbage = (globalThis as { readonly gc?: (options: Readonly<Record<string, string>>) => void })
  .gc;

if (isMainThread) measure();

function measure(): void {
  let atMs = performance.now();
  let cpuMs = threadCpuMs();
  let sinceCpuMs = cpuMs;
  let longestBlockMs = 0;
  let longestCpuMs = 0;
  setInterval(() => {
    const [nowMs, nowCpuMs] = [performance.now(), threadCpuMs()];
    longestBlockMs = Math.max(longestBlockMs, nowMs - atMs - tickMs);
    longestCpuMs = Math.max(longestCpuMs, nowCpuMs - cpuMs);
    [atMs, cpuMs] = [nowMs, nowCpuMs];
  }, tickMs).unref();
  process.on('SIGUSR2', () => {
    const mainCpuMs = threadCpuMs() - sinceCpuMs;
    // The engine keeps compiled code and shapes for a while after their last use: this asks for what it cannot let go.
    collectGarbage?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
    const gauges: Gauges = {
      longestBlockMs,
      longestCpuMs,
      mainCpuMs,
      heapMb: heapUsed / megabyte,
      buffersMb: arrayBuffers / megabyte,
      residentMb: rss / megabyte,
    };
    process.stdout.write(`${JSON.stringify({ gauges })}\n`);
    // The collection was ours.
    [atMs, cpuMs, longestBlockMs, longestCpuMs] = [performance.now(), threadCpuMs(), 0, 0];
    sinceCpuMs = cpuMs;
  });
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
