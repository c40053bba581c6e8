/**
 * *mix*: the operations of an application over a large graph. What each costs the first time, all once in order; what
 * they cost later, asked as often as applications ask (Zipf's law); and how many calls all of them make.
 */

import type { GatewayKind } from '../gateway-kind.ts';
import { type RunningGateway, startGateway } from '../gateways.ts';
import { zipfSequence } from '../graph/random.ts';
import type { LoadResult, PassResult } from '../load/protocol.ts';
import { targetOf } from '../rounds.ts';
import type { GeneratedGraph, Judgement } from './generated.ts';
import {
  eachGateway,
  round,
  settled,
  type OverviewCell,
  type StudyResult,
  type StudyTerms,
} from './study.ts';

export const mixOperations = 400;
const firstConnections = 4;
export const steadyConnections = [4, 50] as const;
const sequenceLength = 20_000;
const sampleEvery = 20;
/** Enough for the operations that come often to be optimised. */
export const firstWarmUpMs = 4000;
/** A gateway that gets more of them wrong was not compared with anything. */
const wrongShareMax = 0.05;

export interface ReadyForMix {
  readonly gateway: RunningGateway;
  readonly first: PassResult;
  readonly judgement: Judgement;
  /** What each operation was answered the second time. */
  readonly answers: PassResult['answers'];
  /** To backends, for all operations. */
  readonly calls: number;
}

interface Measured {
  readonly ready: ReadyForMix;
  readonly firstCpuMs: readonly number[];
  readonly steady: Map<number, LoadResult[]>;
}

export async function measureMix(terms: StudyTerms): Promise<StudyResult> {
  const { stage, options } = terms;
  const graph = await terms.generated();
  const measured: Measured[] = [];
  const notes: string[] = [];
  try {
    await firstTimes(terms, graph, { measured, notes });
    for (let time = 1; time <= options.rounds; time += 1) {
      for (const connections of steadyConnections) {
        for (const { ready, steady } of measured) {
          const warmUpMs = time === 1 ? firstWarmUpMs : options.warmUpMs;
          const result = await stage.load(mixWindow(ready, graph, { ...options, connections, warmUpMs }));
          failWhereWrong(result, ready);
          steady.set(connections, [...(steady.get(connections) ?? []), result]);
          say(ready.gateway.kind, `${connections} in flight`, result.cpuMs / result.requests);
        }
      }
    }
  } finally {
    await Promise.all(measured.map(({ ready }) => ready.gateway.process.end()));
  }
  const result = toResult(measured);
  return { ...result, notes: [...notes, ...result.notes] };
}

/**
 * As many fresh gateways of each kind as there are rounds, every kind in turn and then all of them again, so that a
 * machine that becomes faster or slower does so for all. Those of the last round stay.
 */
async function firstTimes(
  { stage, options, kinds }: StudyTerms,
  graph: GeneratedGraph,
  { measured, notes }: { readonly measured: Measured[]; readonly notes: string[] },
): Promise<void> {
  const cpuMs = new Map<GatewayKind, number[]>();
  for (let time = 1; time <= options.rounds; time += 1) {
    await eachGateway(kinds, notes, async (kind) => {
      const gateway = await startGateway(kind, stage, { supergraph: graph.supergraph });
      let stays = false;
      try {
        const ready = await readyForMix(gateway, graph, stage);
        const perOperation = ready.first.cpuMs / mixOperations;
        const firstCpuMs = [...(cpuMs.get(kind) ?? []), perOperation];
        cpuMs.set(kind, firstCpuMs);
        say(kind, 'first time', perOperation);
        stays = time === options.rounds;
        if (stays) measured.push({ ready, firstCpuMs, steady: new Map() });
      } finally {
        if (!stays) await gateway.process.end();
      }
    });
  }
}

/** Asks a fresh gateway each operation twice, in order. @throws When too many answers are wrong. */
export async function readyForMix(
  gateway: RunningGateway,
  graph: GeneratedGraph,
  stage: StudyTerms['stage'],
): Promise<ReadyForMix> {
  const bodies = graph.bodies(0, mixOperations);
  await settled(gateway);
  const target = targetOf(gateway);
  const first = await stage.pass({ ...target, bodies, connections: firstConnections });
  let answers: PassResult['answers'] = [];
  // One at a time: gateways that share fetches in flight would make fewer calls.
  const calls = await stage.record(async () => {
    ({ answers } = await stage.pass({ ...target, bodies, connections: 1 }));
  });
  const judgement = await graph.judge(bodies, first.answers);
  if (judgement.wrong > wrongShareMax * mixOperations)
    throw new Error(`${gateway.kind.name}: ${judgement.wrong} wrong answers: ${judgement.firstWrong}`);
  return { gateway, first, judgement, answers, calls: calls.length };
}

/** Operations that were not answered are left out. */
export function mixWindow(
  { gateway, answers }: ReadyForMix,
  graph: GeneratedGraph,
  terms: {
    readonly connections: number;
    readonly warmUpMs: number;
    readonly windowMs: number;
    readonly perSecond?: number;
  },
): Parameters<StudyTerms['stage']['load']>[0] {
  const bodies = graph.bodies(0, mixOperations);
  const requests = bodies.flatMap((body, index) => {
    const answer = answers[index];
    return answer?.status === 200 ? [{ body, expected: answer.text }] : [];
  });
  const { connections, warmUpMs, windowMs, perSecond } = terms;
  return {
    ...targetOf(gateway),
    requests,
    sequence: zipfSequence(sequenceLength, { ranks: requests.length, seed: 1 }),
    sampleEvery,
    connections,
    warmUpMs,
    windowMs,
    ...(perSecond === undefined ? {} : { perSecond }),
  };
}

export function failWhereWrong(result: LoadResult, { gateway }: ReadyForMix): void {
  if (result.failures > 0)
    throw new Error(`${gateway.kind.name}, mix: ${result.failures} failures: ${result.firstFailure}`);
}

function say({ name }: GatewayKind, what: string, cpuMs: number): void {
  console.error(`mix ${name}, ${what}: ${cpuMs.toFixed(3)} ms CPU each`);
}

function toResult(measured: readonly Measured[]): StudyResult {
  const overview: OverviewCell[] = [];
  const rows = measured.map(({ ready, firstCpuMs, steady }) => {
    const { gateway, calls, judgement, first } = ready;
    const { name } = gateway.kind;
    const least = (connections: number): number =>
      Math.min(...(steady.get(connections) ?? []).map(({ cpuMs, requests }) => cpuMs / requests));
    const figures: Record<string, number> = { 'first, CPU ms': round(Math.min(...firstCpuMs), 2) };
    overview.push({ workload: 'mix, first time', gateway: name, text: Math.min(...firstCpuMs).toFixed(2) });
    for (const connections of steadyConnections) {
      const results = steady.get(connections) ?? [];
      figures[`${connections} in flight, CPU ms`] = round(least(connections), 3);
      figures[`${connections}, p99 ms`] = round(Math.min(...results.map(({ p99Ms }) => p99Ms)), 1);
      overview.push({
        workload: `mix, ${connections} in flight`,
        gateway: name,
        text: least(connections).toFixed(3),
      });
    }
    overview.push({ workload: `mix, calls of ${mixOperations}`, gateway: name, text: String(calls) });
    return {
      gateway: name,
      ...figures,
      calls,
      right: judgement.right,
      refused: judgement.refused,
      wrong: judgement.wrong,
      'first, s': round((first.closedAtUs - first.openedAtUs) / 1e6, 1),
      'RSS MB': round(Math.max(...[...steady.values()].flat().map(({ rssMb }) => rssMb)), 0),
    };
  });
  const notes = measured.flatMap(({ ready: { gateway, judgement } }) =>
    judgement.wrong > 0 ? [`mix, ${gateway.kind.name}, wrong: ${judgement.firstWrong}`] : [],
  );
  return { title: `mix: ${mixOperations} operations`, rows, overview, notes };
}
