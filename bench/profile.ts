/** `--profile GATEWAY`: where its CPU time goes under load, by function and by package, start-up left out. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { GatewayKind } from './gateway-kind.ts';
import { kindsAskedFor, startGateway } from './gateways.ts';
import type { LoadResult } from './load/protocol.ts';
import type { Options } from './options.ts';
import { toTable } from './report.ts';
import { measureAlone } from './rounds.ts';
import type { Stage } from './stage.ts';
import { openGenerated } from './studies/generated.ts';
import { firstWarmUpMs, mixOperations, mixWindow, readyForMix, steadyConnections } from './studies/mix.ts';
import { workloads } from './workloads.ts';

/** The part of V8's format that is read here. */
interface CpuProfile {
  readonly nodes: ReadonlyArray<{
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }>;
  /** Microseconds of the monotonic clock. */
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const functionsShown = 25;
const packagesShown = 12;
const root = fileURLToPath(new URL('..', import.meta.url));

/** A stretch of time and how many requests were answered in it. */
type Span = Pick<LoadResult, 'requests' | 'openedAtUs' | 'closedAtUs' | 'cpuMs'>;

export async function profile(stage: Stage, options: Options, name: string): Promise<void> {
  const { kinds, notes } = kindsAskedFor([name], stage.binaries);
  const [kind] = kinds;
  if (!kind) throw new Error(notes.join());
  for (const workload of workloads.filter((each) => options.workloads.includes(each.name))) {
    const { graph } = workload;
    if (!kind.graphs.includes(graph)) continue;
    const folder = join(stage.folder, `profile-${workload.name}`);
    const gateway = await startGateway(kind, stage, { graph, nodeFlags: flagsFor(folder) });
    const { result } = await measureAlone(gateway, workload, stage, options).finally(() =>
      gateway.process.end(),
    );
    printThreads(`${name}, ${workload.name}`, await threadsIn(folder), result);
  }
  if (options.workloads.includes('mix')) await profileMix(kind, stage, options);
}

/** Each operation for the first time, and then by frequency. */
async function profileMix(kind: GatewayKind, stage: Stage, options: Options): Promise<void> {
  const graph = await openGenerated(stage);
  const folder = join(stage.folder, 'profile-mix');
  const { supergraph } = graph;
  const gateway = await startGateway(kind, stage, { supergraph, nodeFlags: flagsFor(folder) });
  const spans: Array<readonly [string, Span]> = [];
  try {
    const ready = await readyForMix(gateway, graph, stage);
    spans.push(['first time', { ...ready.first, requests: mixOperations }]);
    for (const connections of steadyConnections) {
      const warmUpMs = firstWarmUpMs;
      const result = await stage.load(mixWindow(ready, graph, { ...options, connections, warmUpMs }));
      spans.push([`${connections} in flight`, result]);
    }
  } finally {
    await gateway.process.end();
  }
  const threads = await threadsIn(folder);
  for (const [what, span] of spans) printThreads(`${kind.name}, mix, ${what}`, threads, span);
}

function flagsFor(folder: string): string[] {
  return ['--cpu-prof', '--cpu-prof-interval', '500', '--cpu-prof-dir', folder];
}

interface Threads {
  readonly main: readonly CpuProfile[];
  readonly workers: readonly CpuProfile[];
}

/** Node names each file by process and thread; the main thread of the one that answers is the busiest with number 0. */
async function threadsIn(folder: string): Promise<Threads> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.cpuprofile'));
  const profiles = await Promise.all(
    files.map(async (file) => ({
      isMain: file.split('.')[4] === '0',
      profile: JSON.parse(await readFile(join(folder, file), 'utf8')) as CpuProfile,
    })),
  );
  const main = profiles
    .flatMap(({ isMain, profile: each }) => (isMain ? [each] : []))
    .toSorted((a, b) => b.samples.length - a.samples.length)
    .slice(0, 1);
  if (main.length === 0) throw new Error('the gateway wrote no profile');
  return { main, workers: profiles.flatMap(({ isMain, profile: each }) => (isMain ? [] : [each])) };
}

/** Threads that share a core are sampled while they wait for it, too: together that is more than the CPU time. */
function printThreads(title: string, { main, workers }: Threads, span: Span): void {
  const perRequest = (span.cpuMs / span.requests).toFixed(3);
  for (const [thread, profiles] of [
    ['main thread', main],
    ['worker threads', workers],
  ] as const) {
    const times = selfTimes(profiles, span);
    const ms = times.reduce((sum, { us }) => sum + us, 0) / 1000;
    if (ms === 0) continue;
    console.log(
      `\n### ${title}: ${span.requests} requests, ${perRequest} ms CPU each; ${thread}: ${(ms / span.requests).toFixed(3)} ms each, as sampled\n`,
    );
    print(times, span);
  }
}

interface SelfTime {
  readonly name: string;
  readonly place: string;
  readonly owner: string;
  readonly us: number;
}

/** Time by function within the measured window, the most first; idle time is left out. */
function selfTimes(profiles: readonly CpuProfile[], span: Span): SelfTime[] {
  const times = new Map<string, SelfTime>();
  for (const each of profiles) addSelfTimes(each, span, times);
  return [...times.values()].sort((a, b) => b.us - a.us);
}

function addSelfTimes(
  recorded: CpuProfile,
  { openedAtUs, closedAtUs }: Span,
  times: Map<string, SelfTime>,
): void {
  const nodes = new Map(recorded.nodes.map((node) => [node.id, node.callFrame]));
  let atUs = recorded.startTime;
  for (const [index, id] of recorded.samples.entries()) {
    const us = recorded.timeDeltas[index] ?? 0;
    atUs += us;
    const frame = nodes.get(id);
    if (!frame || atUs < openedAtUs || atUs > closedAtUs || frame.functionName === '(idle)') continue;
    const file = placeOf(frame.url);
    const name = frame.functionName || '(anonymous)';
    const place = file === '' ? '' : `${file}:${frame.lineNumber + 1}`;
    const key = `${name} ${place}`;
    times.set(key, { name, place, owner: ownerOf(file, name), us: us + (times.get(key)?.us ?? 0) });
  }
}

function placeOf(url: string): string {
  return url
    .replace('file://', '')
    .replace(root, '')
    .replace(/^.*node_modules\//, '');
}

/** The package or the folder a function belongs to. */
function ownerOf(file: string, name: string): string {
  if (file === '') return name.startsWith('(') ? name : 'native code and compiled operations';
  if (file.startsWith('node:')) return file.split('/')[0] ?? file;
  const parts = file.split('/');
  return parts.slice(0, /^(?:@|dist\/|bench\/)/.test(file) ? 2 : 1).join('/');
}

function print(times: readonly SelfTime[], { requests }: Span): void {
  const total = times.reduce((sum, { us }) => sum + us, 0);
  const share = (us: number): string[] => [((us / total) * 100).toFixed(1), (us / requests).toFixed(1)];
  const owners = new Map<string, number>();
  for (const { owner, us } of times) owners.set(owner, us + (owners.get(owner) ?? 0));
  const byOwner = [...owners].sort((a, b) => b[1] - a[1]).slice(0, packagesShown);
  const columns = ['%', 'us/req'];
  console.log(
    toTable(
      ['owner', ...columns],
      byOwner.map(([owner, us]) => [owner, ...share(us)]),
    ),
  );
  const byFunction = times.slice(0, functionsShown).map(({ name, place, us }) => [name, place, ...share(us)]);
  console.log(`\n${toTable(['function', 'place', ...columns], byFunction)}`);
}
