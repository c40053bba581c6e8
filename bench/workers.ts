/**
 * `--workers-scaling`: what a second worker process costs. Both gateways may use both cores, which they share with the
 * load and the backends: only CPU time a request counts, not requests per second.
 */

import { gatewayKinds, type RunningGateway, startGateway } from './gateways.ts';
import { cores } from './processes.ts';
import type { Options } from './options.ts';
import { toTable } from './report.ts';
import { measureAlone } from './rounds.ts';
import type { Stage } from './stage.ts';
import { workloads } from './workloads.ts';

const counts = [1, 2] as const;
/** Enough for the first optimisations of both workers. */
const firstWarmUpMs = 4000;

export async function measureWorkers(stage: Stage, options: Options): Promise<void> {
  const ours = gatewayKinds.find(({ name }) => name === 'ours');
  if (!ours) throw new Error('there is no gateway called ours');
  const gateways: RunningGateway[] = [];
  const lines: string[][] = [];
  try {
    for (const count of counts) {
      const flags = ['--workers', String(count)];
      gateways.push(await startGateway(ours, stage, { flags, core: `${cores.gateway},${cores.others}` }));
    }
    for (const workload of workloads.filter(({ name }) => name === 'heavy' || name === 'small')) {
      const cpuMs: number[][] = counts.map(() => []);
      for (let round = 1; round <= options.rounds; round += 1) {
        for (const [index, gateway] of gateways.entries()) {
          const warmUpMs = round === 1 ? firstWarmUpMs : options.warmUpMs;
          const { result } = await measureAlone(gateway, workload, stage, { ...options, warmUpMs });
          const perRequest = result.cpuMs / result.requests;
          cpuMs[index]?.push(perRequest);
          console.error(
            `${workload.name} round ${round}, ${counts[index]} workers: ${result.requests} requests, ${perRequest.toFixed(3)} ms CPU each`,
          );
        }
      }
      const [one = Number.NaN, two = Number.NaN] = cpuMs.map((rounds) => Math.min(...rounds));
      lines.push([workload.name, one.toFixed(3), two.toFixed(3), (two / one).toFixed(2)]);
    }
  } finally {
    await Promise.all(gateways.map(({ process }) => process.end()));
  }
  const head = ['workload', 'CPU ms/req, 1 worker', 'CPU ms/req, 2 workers', 'ratio'];
  console.log(`\n### workers\n\n${toTable(head, lines)}`);
}
