/** What clients cost that do not read their answers or never say anything, and how long until that is over. */

import { ask } from '../test/support/ask.ts';
import { largeBytes, largeGateway } from '../test/support/large-gateway.ts';
import { quantile, type MeasuredGateway } from '../test/support/measured-gateway.ts';
import { silentClient, slowReader, unreadingClient } from '../test/support/slow-clients.ts';
import { sleep } from './processes.ts';

const unread = 40;
const silent = 3000;
const atOnce = 10;
const othersEveryMs = 25;
const lookEveryMs = 1000;
const giveUpMs = 120_000;
/** Of a phone on a slow link. */
const slowBytesPerSecond = 200_000;
const sameMb = 20;

interface Memory {
  /** By the heap and its buffers, after a thorough collection of garbage. */
  readonly heldMb: number;
  /** With what the allocator keeps for later: it may give back little of it. */
  readonly processMb: number;
}

async function memory(gateway: Pick<MeasuredGateway, 'gauges'>): Promise<Memory> {
  const { heapMb, buffersMb, residentMb } = await gateway.gauges();
  return { heldMb: heapMb + buffersMb, processMb: residentMb };
}

function memoryText({ heldMb, processMb }: Memory): string {
  return `${heldMb.toFixed(0)} MB held, process ${processMb.toFixed(0)} MB`;
}

export async function clientsThatDoNotRead(): Promise<void> {
  const { gateway, descriptors, close } = await largeGateway('');
  try {
    const { url } = gateway;
    for (let read = 0; read < unread; read += atOnce)
      await Promise.all(Array.from({ length: atOnce }, () => ask(url, '{ large }')));
    const before = { ...(await memory(gateway)), descriptors: await descriptors() };
    console.log(
      `after ${unread} answers that were read: ${memoryText(before)}, ${before.descriptors} descriptors`,
    );
    const slow = slowReader(url, '{ large }', slowBytesPerSecond);
    const others = keepAsking(url);
    const startedAtMs = performance.now();
    const sockets = [
      ...Array.from({ length: silent }, () => silentClient(url)),
      ...Array.from({ length: unread }, () => unreadingClient(url, '{ large }').pause()),
    ];
    console.log(
      `${unread} answers of ${largeBytes / 1e6} MB that nobody reads, ${silent} silent connections:`,
    );
    let last: Memory = before;
    const back = { heldMb: Infinity, descriptors: Infinity };
    const most = { heldMb: 0, processMb: 0, descriptors: 0 };
    const sinceMs = (): number => performance.now() - startedAtMs;
    while (sinceMs() < giveUpMs && (back.heldMb === Infinity || back.descriptors === Infinity)) {
      await sleep(lookEveryMs);
      const now = { ...(await memory(gateway)), descriptors: await descriptors() };
      last = now;
      most.heldMb = Math.max(most.heldMb, now.heldMb);
      most.processMb = Math.max(most.processMb, now.processMb);
      most.descriptors = Math.max(most.descriptors, now.descriptors);
      back.heldMb = now.heldMb < before.heldMb + sameMb ? Math.min(back.heldMb, sinceMs()) : Infinity;
      // Others, the slow reader and the services have theirs.
      back.descriptors =
        now.descriptors < before.descriptors + 20 ? Math.min(back.descriptors, sinceMs()) : Infinity;
    }
    console.log(`  at most: ${memoryText(most)}, ${most.descriptors} descriptors`);
    console.log(`  at the end: ${memoryText(last)}`);
    console.log(
      `  memory held as before (within ${sameMb} MB) after ${seconds(back.heldMb)}, descriptors after ${seconds(back.descriptors)}`,
    );
    const { tookMs, failed } = await others();
    const [p50, p99, max] = [0.5, 0.99, 1].map((share) => quantile(tookMs, share).toFixed(0));
    console.log(
      `  others meanwhile: ${tookMs.length} answered, ${failed} failed; p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`,
    );
    const { isWhole, bytes, tookMs: slowMs } = await slow;
    console.log(
      `  who reads ${slowBytesPerSecond / 1000} kB a second got ${isWhole ? 'all' : 'only'} ${bytes} bytes, in ${seconds(slowMs)}`,
    );
    for (const socket of sockets) socket.destroy();
  } finally {
    await close();
  }
}

/** @returns What ends it. */
function keepAsking(url: string): () => Promise<{ tookMs: number[]; failed: number }> {
  const tookMs: number[] = [];
  let [failed, goesOn] = [0, true];
  const done = (async () => {
    while (goesOn) {
      const startedAtMs = performance.now();
      const isServed = await ask(url, '{ quick }').then(
        ({ status }) => status === 200,
        () => false,
      );
      if (isServed) tookMs.push(performance.now() - startedAtMs);
      else failed += 1;
      await sleep(othersEveryMs);
    }
  })();
  return async () => {
    goesOn = false;
    await done;
    return { tookMs, failed };
  };
}

function seconds(ms: number): string {
  return ms === Infinity ? 'never' : `${(ms / 1000).toFixed(1)} s`;
}
