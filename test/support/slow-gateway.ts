/** A gateway before the graph that is slow to plan, with backends that only count. For tests and benchmarks of attacks. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { compose } from '../../src/plan/composition/compose.ts';
import { type CountingSubgraph, countingSubgraph } from './counting-subgraph.ts';
import { measuredGateway, type MeasuredGateway } from './measured-gateway.ts';
import { slowGraph } from './slow-graph.ts';

export interface SlowGateway {
  readonly gateway: MeasuredGateway;
  /** All subgraphs of it. */
  readonly backend: CountingSubgraph;
  close(): Promise<void>;
}

/** @param config Lines of gateway.yaml. */
export async function slowGateway(subgraphs: number, config: readonly string[]): Promise<SlowGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-attacks-'));
  const backend = await countingSubgraph();
  const leave = async (): Promise<void> => {
    await backend.close();
    await rm(folder, { recursive: true });
  };
  try {
    const composed = compose(slowGraph(subgraphs).map((one) => ({ ...one, url: backend.url })));
    if (!('supergraphSdl' in composed)) throw new Error('The slow graph does not compose');
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
