/** Prints what test/faults measures: every fault on every kind of source and shape of graph, and hostile services. */

import { kinds, ordeals, shapes, type Kind } from '../test/faults/support/cells.ts';
import { harms, openHostileService } from '../test/faults/support/hostile.ts';
import { Trials, trialTimes, type TrialResult } from '../test/faults/support/trial.ts';

const columns = [
  ['fault', 26],
  ['kind', 8],
  ['shape', 9],
  ['right', 10],
  ['late', 9],
  ['until open', 11],
  ['while open', 11],
  ['probes', 7],
  ['closed', 9],
] as const;

/** The kinds side by side, each on a gateway and services of its own. */
export async function faultMatrix(): Promise<void> {
  const { requestMs, timeoutMs, openMs, openMaxMs } = trialTimes;
  console.log(
    `Requests have ${requestMs} ms, services ${timeoutMs} ms; breakers open for ${openMs} to ${openMaxMs} ms. ` +
      'Late: of the latest answer, after its deadline.',
  );
  console.log(row(columns.map(([title]) => title)));
  const kindNames = Object.keys(kinds) as Kind[];
  const lines = await Promise.all(kindNames.map((kind) => linesOf(kind)));
  for (const [index] of lines[0]?.entries() ?? []) for (const ofKind of lines) console.log(ofKind[index]);
}

async function linesOf(kind: Kind): Promise<string[]> {
  const trials = await Trials.open(kind);
  const lines: string[] = [];
  try {
    for (const ordeal of ordeals) {
      for (const shape of shapes) {
        const result = await trials.run(ordeal, shape);
        lines.push(row([ordeal.name, kind, shape, ...figures(result)]));
        for (const complaint of result.wrong.slice(0, 2)) console.error(complaint);
      }
    }
  } finally {
    await trials.close();
  }
  return lines;
}

function figures({ answers, disturbed, wrong, latenessMs, breaker }: TrialResult): string[] {
  const right = `${answers - disturbed - wrong.length}/${answers - disturbed}`;
  const late = `${latenessMs.toFixed(0)} ms`;
  if (!breaker) return [right, late, 'stays', '', '', ''];
  const { callsUntilOpen, callsWhileOpen, probes, closedAfterMs } = breaker;
  const closed = closedAfterMs === null ? 'never' : `${closedAfterMs.toFixed(0)} ms`;
  return [right, late, String(callsUntilOpen), String(callsWhileOpen ?? '?'), String(probes ?? '?'), closed];
}

function row(cells: readonly string[]): string {
  return columns.map(([, width], index) => (cells[index] ?? '').padEnd(width)).join(' ');
}

export async function hostileServices(): Promise<void> {
  const service = await openHostileService();
  try {
    for (const [name, harm] of harms) {
      const { code, tookMs, peakGrowthMb, blockedMs, blockedCpuMs } = await service.suffer(harm);
      console.log(
        `${name.padEnd(56)} ${(code ?? 'answered').padEnd(21)} after ${tookMs.toFixed(0)} ms, ` +
          `+${peakGrowthMb.toFixed(1)} MB at the peak, ` +
          `event loop blocked ${blockedMs.toFixed(1)} ms (${blockedCpuMs.toFixed(1)} ms of processor)`,
      );
    }
  } finally {
    await service.close();
  }
}
