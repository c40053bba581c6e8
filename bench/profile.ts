/** `--profile GATEWAY`: where its CPU time goes under load, by function and by package, start-up left out. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { gatewayKinds, startGateway } from './gateways.ts';
import type { LoadResult } from './load/protocol.ts';
import type { Options } from './options.ts';
import { toTable } from './report.ts';
import { measureAlone } from './rounds.ts';
import type { Stage } from './stage.ts';
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

export async function profile(stage: Stage, options: Options, name: string): Promise<void> {
  const kind = gatewayKinds.find((each) => each.name === name);
  if (!kind) throw new Error(`there is no gateway called ${name}`);
  for (const workload of workloads.filter((each) => options.workloads.includes(each.name))) {
    const { graph } = workload;
    if (!kind.graphs.includes(graph)) continue;
    const folder = join(stage.folder, `profile-${workload.name}`);
    const gateway = await startGateway(kind, stage, {
      graph,
      nodeFlags: ['--cpu-prof', '--cpu-prof-interval', '500', '--cpu-prof-dir', folder],
    });
    const { result } = await measureAlone(gateway, workload, stage, options).finally(() =>
      gateway.process.end(),
    );
    const perRequest = (result.cpuMs / result.requests).toFixed(3);
    console.log(`\n### ${name}, ${workload.name}: ${result.requests} requests, ${perRequest} ms CPU each\n`);
    print(selfTimes(await mainThreadProfile(folder), result), result);
  }
}

/** Worker threads write profiles too: the busiest is that of the thread that answers. */
async function mainThreadProfile(folder: string): Promise<CpuProfile> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.cpuprofile'));
  const profiles = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as CpuProfile),
  );
  const busiest = profiles.toSorted((a, b) => b.samples.length - a.samples.length)[0];
  if (!busiest) throw new Error('the gateway wrote no profile');
  return busiest;
}

interface SelfTime {
  readonly name: string;
  readonly place: string;
  readonly owner: string;
  readonly us: number;
}

/** Time by function within the measured window, the most first; idle time is left out. */
function selfTimes(recorded: CpuProfile, { openedAtUs, closedAtUs }: LoadResult): SelfTime[] {
  const nodes = new Map(recorded.nodes.map((node) => [node.id, node.callFrame]));
  const times = new Map<string, SelfTime>();
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
  return [...times.values()].sort((a, b) => b.us - a.us);
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
  return parts
    .slice(0, file.startsWith('@') || file.startsWith('src/') || file.startsWith('bench/') ? 2 : 1)
    .join('/');
}

function print(times: readonly SelfTime[], { requests }: LoadResult): void {
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
