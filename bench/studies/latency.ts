/**
 * *latency*: at a fixed rate, which a load that waits for each answer hides: pauses of a gateway delay all requests that
 * are due meanwhile. The rate is half of what that gateway holds, measured just before.
 */

import type { GatewayKind } from '../gateway-kind.ts';
import { startGateway, type RunningGateway } from '../gateways.ts';
import type { LoadResult, WindowOrder } from '../load/protocol.ts';
import { cores } from '../processes.ts';
import { targetOf } from '../rounds.ts';
import { askOnce } from '../verify.ts';
import { workloads } from '../workloads.ts';
import { mixWindow, readyForMix } from './mix.ts';
import { eachGateway, round, type OverviewCell, type StudyResult, type StudyTerms } from './study.ts';

const plainWorkloads = ['small', 'heavy'] as const;
/** At most so many in flight; more wait, which counts as their latency. */
const connectionsMax = 256;
const loadShare = 0.5;
/** Of windows of the run: the slowest of a thousand are not seen in a short one. */
const windows = 3;
const firstWarmUpMs = 4000;
const coreSets = [
  { label: 'one core', core: cores.gateway },
  { label: 'two cores', core: `${cores.gateway},${cores.others}` },
] as const;

type Window = Omit<WindowOrder, 'kind'>;

export async function measureLatency(terms: StudyTerms): Promise<StudyResult> {
  const rows: Array<Record<string, string | number>> = [];
  const overview: OverviewCell[] = [];
  const notes: string[] = [];
  for (const { label, core } of terms.options.quick ? coreSets.slice(0, 1) : coreSets) {
    await eachGateway(terms.kinds, notes, async (kind) => {
      for (const [workload, result] of [
        ...(await plainLatencies(kind, core, terms)),
        ['mix', await mixLatency(kind, core, terms)] as const,
      ]) {
        const perSecond = result.requests / (result.windowMs / 1000);
        const [p50, p99, p999] = [result.p50Ms, result.p99Ms, result.p999Ms].map((ms) => round(ms, 1)) as [
          number,
          number,
          number,
        ];
        console.error(
          `latency ${workload}, ${kind.name}, ${label}, ${perSecond.toFixed(0)}/s: ${p50} ${p99} ${p999} ms`,
        );
        rows.push({
          workload,
          cores: label,
          gateway: kind.name,
          'per second': round(perSecond, 0),
          'p50 ms': p50,
          'p99 ms': p99,
          'p99.9 ms': p999,
          refused: result.refused,
        });
        overview.push({
          workload: `${workload} at half load, ${label}: per s; p50 / p99 / p99.9 ms`,
          gateway: kind.name,
          text: `${perSecond.toFixed(0)}; ${p50} / ${p99} / ${p999}`,
        });
      }
    });
  }
  const byWorkload = (a: { workload?: unknown }, b: { workload?: unknown }): number =>
    String(a.workload).localeCompare(String(b.workload));
  return {
    title: 'latency at half load',
    rows: rows.toSorted(byWorkload),
    overview: overview.toSorted(byWorkload),
    notes,
  };
}

async function plainLatencies(
  kind: GatewayKind,
  core: number | string,
  { stage, options }: StudyTerms,
): Promise<Array<readonly [string, LoadResult]>> {
  const gateway = await startGateway(kind, stage, { core });
  try {
    const results: Array<readonly [string, LoadResult]> = [];
    for (const name of plainWorkloads) {
      const body = workloads.find((each) => each.name === name)?.body ?? '';
      const window = {
        ...targetOf(gateway),
        requests: [{ body, expected: await askOnce(gateway, body) }],
        sequence: [0],
        sampleEvery: 200,
        connections: options.connections,
        warmUpMs: firstWarmUpMs,
        windowMs: options.windowMs,
      };
      results.push([name, await atHalfLoad(gateway, window, stage)]);
    }
    return results;
  } finally {
    await gateway.process.end();
  }
}

async function mixLatency(
  kind: GatewayKind,
  core: number | string,
  { stage, options, generated }: StudyTerms,
): Promise<LoadResult> {
  const graph = await generated();
  const gateway = await startGateway(kind, stage, { core, supergraph: graph.supergraph });
  try {
    const ready = await readyForMix(gateway, graph, stage);
    const { connections, windowMs } = options;
    const window = mixWindow(ready, graph, { connections, warmUpMs: firstWarmUpMs, windowMs });
    return await atHalfLoad(gateway, window, stage);
  } finally {
    await gateway.process.end();
  }
}

/** @param window With which its capacity is measured first. */
async function atHalfLoad(
  { kind }: RunningGateway,
  window: Window,
  stage: StudyTerms['stage'],
): Promise<LoadResult> {
  const full = await stage.load(window);
  const perSecond = (full.requests / full.windowMs) * 1000 * loadShare;
  const result = await stage.load({
    ...window,
    connections: connectionsMax,
    perSecond,
    warmUpMs: 1000,
    windowMs: window.windowMs * windows,
  });
  const failures = full.failures + result.failures;
  if (failures > 0)
    throw new Error(`${kind.name}: ${failures} failures: ${full.firstFailure ?? result.firstFailure}`);
  return result;
}
