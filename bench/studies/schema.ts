/** *schema*: what a graph costs by its number of types: until the first answer, and once the gateway rests. */

import { join } from 'node:path';

import { startGateway } from '../gateways.ts';
import { modelOf, typesPerEntity } from '../graph/model.ts';
import { typeCount } from '../graph/sdl.ts';
import { usageOf } from '../load/proc.ts';
import { sleep } from '../processes.ts';
import { writeGeneratedGraph } from '../supergraphs.ts';
import { assertSame, askOnce } from '../verify.ts';
import { workloads } from '../workloads.ts';
import { eachGateway, round, type OverviewCell, type StudyResult, type StudyTerms } from './study.ts';

const sizes = [300, 1600, 5000];
const quickSizes = [1600];
const idleMs = 15_000;

export async function measureSchema({ stage, kinds, options }: StudyTerms): Promise<StudyResult> {
  const small = workloads.find(({ name }) => name === 'small');
  if (!small) throw new Error('there is no workload called small');
  const rows: Array<Record<string, string | number>> = [];
  const overview: OverviewCell[] = [];
  const notes: string[] = [];
  for (const size of options.quick ? quickSizes : sizes) {
    const model = modelOf(Math.round(size / typesPerEntity));
    const types = typeCount(model);
    const supergraph = join(stage.folder, `types-${types}.graphql`);
    // The shop beside it is what is asked: what else is there need not be served.
    await writeGeneratedGraph(supergraph, model, { urls: stage.generatedUrls, shop: stage.urls });
    let expected: string | undefined;
    await eachGateway(kinds, notes, async (kind) => {
      const startedAtMs = performance.now();
      const gateway = await startGateway(kind, stage, { supergraph });
      try {
        const answer = await askOnce(gateway, small.body);
        const firstS = (performance.now() - startedAtMs) / 1000;
        const first = usageOf(gateway.process.pid);
        assertSame(small, kind.name, answer, (expected ??= answer));
        await sleep(idleMs);
        const rested = usageOf(gateway.process.pid);
        const figures = {
          'first answer, s': round(firstS, 1),
          'CPU until then, s': round(first.cpuMs / 1000, 1),
          [`CPU after ${idleMs / 1000} s, s`]: round(rested.cpuMs / 1000, 1),
          'RSS MB then': round(first.rssMb, 0),
          'RSS MB after': round(rested.rssMb, 0),
        };
        rows.push({ types, gateway: kind.name, ...figures });
        const text = `${firstS.toFixed(1)} / ${(first.cpuMs / 1000).toFixed(1)} / ${(rested.cpuMs / 1000).toFixed(1)} / ${rested.rssMb.toFixed(0)}`;
        console.error(`schema, ${types} types, ${kind.name}: ${text}`);
        overview.push({
          workload: `schema, ${types} types: s / CPU s / rested / MB`,
          gateway: kind.name,
          text,
        });
      } finally {
        await gateway.process.end();
      }
    });
  }
  return { title: 'schema', rows, overview, notes };
}
