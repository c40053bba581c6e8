/**
 * Interleaved rounds: every gateway in turn, then all of them again. All stay up for the whole run and idle while
 * another is measured, so that each round finds them as warm as the last.
 */

import { writeFile } from 'node:fs/promises';

import type { Call } from './backstage/protocol.ts';
import type { GatewayKind } from './gateway-kind.ts';
import { gatewayKinds, kindsAskedFor, StartError, type RunningGateway, startGateway } from './gateways.ts';
import type { LoadResult, LoadTarget } from './load/protocol.ts';
import type { Options } from './options.ts';
import type { Recording } from './peers/floor.ts';
import type { Stage } from './stage.ts';
import { assertSame, askOnce } from './verify.ts';
import { type Workload, workloads } from './workloads.ts';

/** What was measured of one gateway under one workload. */
export interface Cell {
  readonly gateway: GatewayKind;
  readonly workload: Workload;
  readonly rounds: readonly LoadResult[];
  /** Calls to backends for one request. */
  readonly calls: number;
  readonly answerBytes: number;
}

export interface Measured {
  readonly cells: readonly Cell[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

interface Prepared {
  readonly gateway: RunningGateway;
  readonly workload: Workload;
  readonly answer: string;
  readonly calls: readonly Call[];
  readonly rounds: LoadResult[];
}

const sampleEvery = 200;
/** Enough for the first optimisations: each gateway gets it once per workload, before its first window. */
const firstWarmUpMs = 2500;

export async function measure(stage: Stage, options: Options): Promise<Measured> {
  const cells: Cell[] = [];
  const { kinds, notes: missing } = kindsAskedFor(options.gateways, options.binaries);
  const notes = [...missing];
  for (const graph of ['remote', 'local'] as const) {
    const asked = workloads.filter((each) => each.graph === graph && options.workloads.includes(each.name));
    if (asked.length === 0) continue;
    const able = kinds.filter(({ graphs }) => graphs.includes(graph));
    for (const { name } of kinds.filter((kind) => !able.includes(kind))) {
      notes.push(
        `${name} is not in ${asked.map((each) => each.name).join(', ')}: it runs no ${graph} subgraphs`,
      );
    }
    const running = await startAll(able, { stage, graph, asked, notes });
    try {
      for (const workload of asked) cells.push(...(await measureWorkload(workload, running, stage, options)));
    } finally {
      await Promise.all(running.map(({ process }) => process.end()));
    }
  }
  return { cells, notes };
}

async function startAll(
  kinds: readonly GatewayKind[],
  {
    stage,
    graph,
    asked,
    notes,
  }: {
    readonly stage: Stage;
    readonly graph: Workload['graph'];
    readonly asked: readonly Workload[];
    readonly notes: string[];
  },
): Promise<RunningGateway[]> {
  const running: RunningGateway[] = [];
  try {
    for (const kind of kinds) {
      if (kind.name === 'floor') await record(stage, asked);
      try {
        running.push(await startGateway(kind, stage, { graph }));
      } catch (error) {
        if (kind.optional !== true || !(error instanceof StartError)) throw error;
        notes.push(`left out: ${error.message}`);
      }
    }
    return running;
  } catch (error) {
    await Promise.all(running.map(({ process }) => process.end()));
    throw error;
  }
}

/** Writes down what our gateway fetches for each workload, with a gateway of its own for that. */
async function record(stage: Stage, asked: readonly Workload[]): Promise<void> {
  const kind = gatewayKinds.find(({ name }) => name === 'ours');
  if (!kind) throw new Error('there is no gateway called ours');
  const gateway = await startGateway(kind, stage);
  try {
    const recordings: Recording[] = [];
    for (const workload of asked) {
      let answer = '';
      const calls = await stage.record(async () => {
        answer = await askOnce(gateway, workload.body);
      });
      const fetches = calls.map(({ service, question }) => ({
        origin: new URL(stage.urls[service as keyof Stage['urls']]).origin,
        body: question,
      }));
      recordings.push({ body: workload.body, answer, fetches });
    }
    await writeFile(stage.recordingPath, JSON.stringify(recordings));
  } finally {
    await gateway.process.end();
  }
}

async function measureWorkload(
  workload: Workload,
  running: readonly RunningGateway[],
  stage: Stage,
  options: Options,
): Promise<Cell[]> {
  const prepared = await prepare(workload, running, stage);
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const each of prepared) {
      const result = await measureWindow(each, stage, {
        ...options,
        warmUpMs: round === 1 ? firstWarmUpMs : options.warmUpMs,
      });
      each.rounds.push(result);
      const perRequest = (result.cpuMs / result.requests).toFixed(3);
      console.error(
        `${workload.name} round ${round} ${each.gateway.kind.name}: ${result.requests} requests, ${perRequest} ms CPU each`,
      );
    }
  }
  return prepared.map(({ gateway, rounds, calls, answer }) => ({
    gateway: gateway.kind,
    workload,
    rounds,
    calls: calls.length,
    answerBytes: Buffer.byteLength(answer),
  }));
}

export function targetOf({ port, path, process }: RunningGateway): LoadTarget {
  return { port, path, pid: process.pid };
}

/** Every gateway answers, the second time with a plan, and all answers hold the same. */
async function prepare(
  workload: Workload,
  running: readonly RunningGateway[],
  stage: Stage,
): Promise<Prepared[]> {
  const prepared: Prepared[] = [];
  for (const gateway of running) {
    const answer = await askOnce(gateway, workload.body);
    const expected = prepared[0]?.answer ?? answer;
    assertSame(workload, gateway.kind.name, answer, expected);
    const calls = await stage.record(async () => void (await askOnce(gateway, workload.body)));
    prepared.push({ gateway, workload, answer, calls, rounds: [] });
  }
  return prepared;
}

async function measureWindow(
  { gateway, workload, answer }: Pick<Prepared, 'gateway' | 'workload' | 'answer'>,
  stage: Stage,
  { connections, warmUpMs, windowMs }: Pick<Options, 'connections' | 'warmUpMs' | 'windowMs'>,
): Promise<LoadResult> {
  const result = await stage.load({
    ...targetOf(gateway),
    requests: [{ body: workload.body, expected: answer }],
    sequence: [0],
    connections: workload.connections ?? connections,
    warmUpMs,
    windowMs,
    sampleEvery,
  });
  if (result.failures > 0) {
    throw new Error(
      `${gateway.kind.name}, ${workload.name}: ${result.failures} failures: ${result.firstFailure}`,
    );
  }
  return result;
}

/** One gateway and one workload outside the rounds: for profiles and for the scaling runs. */
export async function measureAlone(
  gateway: RunningGateway,
  workload: Workload,
  stage: Stage,
  options: Pick<Options, 'connections' | 'warmUpMs' | 'windowMs'>,
): Promise<{ readonly result: LoadResult; readonly answerBytes: number }> {
  const answer = await askOnce(gateway, workload.body);
  const result = await measureWindow({ gateway, workload, answer }, stage, options);
  return { result, answerBytes: Buffer.byteLength(answer) };
}
