/**
 * `--scaling`: how the cost of Tributary grows. Linear with the size of the answer, flat in the number of types once an
 * operation is planned.
 */

import type { GatewayKind } from './gateway-kind.ts';
import { gatewayKinds, startGateway } from './gateways.ts';
import type { Options } from './options.ts';
import { toTable } from './report.ts';
import { measureAlone } from './rounds.ts';
import type { Stage } from './stage.ts';
import { writeShopGraph } from './supergraphs.ts';
import { catalogBody, type Workload, workloads } from './workloads.ts';

/** About 10 KB, 100 KB, 1 MB and 10 MB. */
const productCounts = [18, 180, 1800, 18_000];
const typeCounts = [100, 1000, 5000];
/** So that answers of 10 MB fit into memory and the deadline many times over. */
const connections = 4;
const subgraphCount = 4;

export async function measureScaling(stage: Stage, options: Options): Promise<void> {
  const ours = gatewayKinds.find(({ name }) => name === 'ours');
  if (!ours) throw new Error('there is no gateway called ours');
  console.log(
    `\n### size of the answer (${connections} connections)\n\n${await bySize(ours, stage, options)}`,
  );
  console.log(`\n### types in the graph\n\n${await byTypes(ours, stage, options)}`);
}

async function bySize(ours: GatewayKind, stage: Stage, options: Options): Promise<string> {
  const gateway = await startGateway(ours, stage);
  const lines: string[][] = [];
  try {
    for (const products of productCounts) {
      const workload: Workload = {
        name: `catalog-${products}`,
        says: 'a list of products',
        graph: 'remote',
        body: catalogBody(products),
      };
      const { result, answerBytes } = await measureAlone(gateway, workload, stage, {
        ...options,
        connections,
      });
      const cpuMs = result.cpuMs / result.requests;
      console.error(`${answerBytes} bytes: ${cpuMs.toFixed(3)} ms CPU a request`);
      lines.push([
        (answerBytes / 1000).toFixed(0),
        String(result.requests),
        cpuMs.toFixed(3),
        ((cpuMs / answerBytes) * 100_000).toFixed(3),
        result.p50Ms.toFixed(1),
        result.rssMb.toFixed(0),
      ]);
    }
  } finally {
    await gateway.process.end();
  }
  return toTable(['KB', 'requests', 'CPU ms/req', 'CPU ms per 100 KB', 'p50 ms', 'RSS MB'], lines);
}

async function byTypes(ours: GatewayKind, stage: Stage, options: Options): Promise<string> {
  const lines: string[][] = [];
  for (const types of typeCounts) {
    const own = types / subgraphCount;
    await writeShopGraph(stage.supergraphs.remote, stage.urls, (name) => fillerTypes(name, own));
    const startedAtMs = performance.now();
    const gateway = await startGateway(ours, stage);
    const startMs = performance.now() - startedAtMs;
    try {
      for (const workload of workloads.filter(({ name }) => name === 'heavy' || name === 'small')) {
        const { result } = await measureAlone(gateway, workload, stage, options);
        const cpuMs = (result.cpuMs / result.requests).toFixed(3);
        lines.push([
          String(types),
          workload.name,
          cpuMs,
          result.rssMb.toFixed(0),
          (startMs / 1000).toFixed(1),
        ]);
      }
    } finally {
      await gateway.process.end();
    }
  }
  return toTable(['types', 'workload', 'CPU ms/req', 'RSS MB', 'start s'], lines);
}

/** Entities in a ring, so that composition and the planner have edges to follow. */
function fillerTypes(service: string, count: number): string {
  const prefix = `${service[0]?.toUpperCase()}${service.slice(1)}Extra`;
  return Array.from({ length: count }, (_, index) => {
    const next = (index + 1) % count;
    return `type ${prefix}${index} @key(fields: "id") { id: ID! label: String amount: Int! next: ${prefix}${next} }`;
  }).join('\n');
}
