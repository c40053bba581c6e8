/**
 * Gateways that differ by their configuration alone, in one process and measured in turn, in short windows: so what else
 * the machine does affects all of them alike.
 */

import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ours, type RunningGateway } from './gateways.ts';
import type { LoadResult } from './load/protocol.ts';
import { cores, start, type Running } from './processes.ts';
import { median, toTable } from './report.ts';
import { openStage, type Stage } from './stage.ts';
import { askOnce } from './verify.ts';
import { workloads } from './workloads.ts';

const windowMs = 1000;
/** Of each, in turn: until most of the code is compiled, however slow the machine is. */
const warmUpRequests = 15_000;
const warmUpWindowMs = 2000;

/** Planning and loading have no short deadline, and nothing is shared: each request does its own work. */
const common = [
  'timeouts: { planningMs: 600000, loadMs: 600000 }',
  // A busy machine is no reason to refuse.
  'admission: { lagMsMax: 600000 }',
  'sharing: { fetches: false }',
].join('\n');

export interface ConfiguredGateway {
  readonly name: string;
  /** Of gateway.yaml. */
  readonly config: string;
}

export interface Comparison {
  /** What differs: head of the table. */
  readonly what: string;
  /** The first two are equal: what the others are compared to, and how much two equal ones differ. */
  readonly gateways: readonly ConfiguredGateway[];
  /** Of each. */
  readonly windows: number;
}

const body = workloads.find(({ name }) => name === 'small')?.body ?? '';

interface Measured {
  readonly gateway: RunningGateway;
  readonly answer: string;
  /** Of each window. */
  readonly usPerRequest: number[];
}

/** Prints what a small request costs each of them. */
export async function compareInPlace(comparison: Comparison): Promise<void> {
  const stage = await openStage({ delayMs: 0 });
  try {
    await measure(stage, comparison);
  } finally {
    await stage.close();
  }
}

async function measure(on: Stage, { what, gateways, windows }: Comparison): Promise<void> {
  const { running, ports } = await startAll(on, gateways);
  try {
    const all: Measured[] = [];
    for (const [index, { name }] of gateways.entries()) {
      const kind = ours(name, { front: 'direct', says: name });
      const gateway = { kind, process: running, port: ports[index] ?? 0, path: '/graphql' };
      all.push({ gateway, answer: await askOnce(gateway, body), usPerRequest: [] });
    }
    for (let least = 0; least < warmUpRequests;) {
      const answered: number[] = [];
      for (const one of all) answered.push((await load(one, on, warmUpWindowMs)).requests);
      least += Math.min(...answered);
    }
    for (let window = 0; window < windows; window += 1)
      for (const one of window % 2 === 0 ? all : all.toReversed()) {
        const { cpuMs, requests } = await load(one, on, windowMs);
        one.usPerRequest.push((cpuMs / requests) * 1000);
      }
    print(what, all);
  } finally {
    await running.end();
  }
}

async function startAll(
  on: Stage,
  gateways: readonly ConfiguredGateway[],
): Promise<{ readonly running: Running; readonly ports: readonly number[] }> {
  const paths = gateways.map((_, index) => join(on.folder, `in-place-${index}.yaml`));
  for (const [index, { config }] of gateways.entries())
    await writeFile(paths[index] ?? '', `${common}\n${config}\n`);
  const program = fileURLToPath(new URL('local/side-by-side.ts', import.meta.url));
  const running = start([program, on.supergraphs.remote, ...paths], { core: cores.gateway, ipc: true });
  const [ports] = (await once(running.child, 'message')) as [number[]];
  return { running, ports };
}

async function load({ gateway, answer }: Measured, on: Stage, ms: number): Promise<LoadResult> {
  const { port, path, process: running } = gateway;
  const requests = [{ body, expected: answer }];
  const settings = {
    requests,
    sequence: [0],
    connections: 50,
    warmUpMs: 100,
    windowMs: ms,
    sampleEvery: 200,
  };
  const result = await on.load({ port, path, pid: running.pid, ...settings });
  if (result.failures > 0) throw new Error(`${result.failures} failures: ${result.firstFailure}`);
  return result;
}

function print(what: string, all: readonly Measured[]): void {
  const [first, again] = all;
  const lines = all.map(({ gateway, usPerRequest: values }) => {
    const ratios = values.map((us, window) => {
      const without = ((first?.usPerRequest[window] ?? 0) + (again?.usPerRequest[window] ?? 0)) / 2;
      return us / without;
    });
    const figures = [Math.min(...values), median(values)].map((us) => us.toFixed(1));
    return [gateway.kind.name, ...figures, median(ratios).toFixed(3)];
  });
  console.log(toTable([what, 'least, us/req', 'median', 'median ratio'], lines));
}
