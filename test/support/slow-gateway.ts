/** A gateway before backends that only count, for tests and benchmarks of attacks. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { compose, type SubgraphSchema } from '../../src/preparation/composition/compose.ts';
import { type CountingSubgraph, countingSubgraph } from './counting-subgraph.ts';
import { measuredGateway, type MeasuredGateway } from './measured-gateway.ts';
import { slowGraph } from './slow-graph.ts';

export interface AttackedGateway {
  readonly gateway: MeasuredGateway;
  /** All subgraphs of it. */
  readonly backend: CountingSubgraph;
  close(): Promise<void>;
}

/** Before the graph that is slow to plan. */
export function slowGateway(subgraphs: number, config: readonly string[]): Promise<AttackedGateway> {
  return attackedGateway(slowGraph(subgraphs), config);
}

/** @param config Lines of gateway.yaml. */
export async function attackedGateway(
  graph: readonly SubgraphSchema[],
  config: readonly string[],
): Promise<AttackedGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-attacks-'));
  const backend = await countingSubgraph();
  const leave = async (): Promise<void> => {
    await backend.close();
    await rm(folder, { recursive: true });
  };
  try {
    const composed = compose(graph.map((one) => ({ ...one, url: backend.url })));
    if (!('supergraphSdl' in composed)) throw new Error('The graph does not compose');
    const [supergraph, gatewayYaml] = [join(folder, 'supergraph.graphql'), join(folder, 'gateway.yaml')];
    await writeFile(supergraph, composed.supergraphSdl);
    await writeFile(gatewayYaml, config.map((line) => `${line}\n`).join(''));
    const gateway = await measuredGateway(['--supergraph', supergraph, '--config', gatewayYaml]);
    return {
      gateway,
      backend,
      async close() {
        await gateway.end();
        await leave();
      },
    };
  } catch (error) {
    await leave();
    throw error;
  }
}
