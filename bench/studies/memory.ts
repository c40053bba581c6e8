/** *memory*: resident memory while known and new operations are asked together, minute by minute. */

import { startGateway } from '../gateways.ts';
import { targetOf } from '../rounds.ts';
import { askOnce } from '../verify.ts';
import { workloads } from '../workloads.ts';
import { eachGateway, round, type OverviewCell, type StudyResult, type StudyTerms } from './study.ts';

const windowMs = 60_000;
const connections = 20;
/** Of so many requests, one is an operation that nobody asked before. */
const oneNewOf = 20;

export async function measureMemory({ stage, kinds, options }: StudyTerms): Promise<StudyResult> {
  const heavy = workloads.find(({ name }) => name === 'heavy');
  if (!heavy) throw new Error('there is no workload called heavy');
  const rows: Array<Record<string, string | number>> = [];
  const overview: OverviewCell[] = [];
  const notes: string[] = [];
  await eachGateway(kinds, notes, async (kind) => {
    const gateway = await startGateway(kind, stage);
    try {
      const expected = await askOnce(gateway, heavy.body);
      const rssMb: number[] = [];
      let [requests, refused] = [0, 0];
      for (let minute = 1; minute <= options.minutes; minute += 1) {
        const result = await stage.load({
          ...targetOf(gateway),
          requests: [heavy.body, newOperation(heavy.body, minute)].map((body) => ({ body, expected })),
          sequence: Array.from({ length: oneNewOf }, (_, n) => (n === 0 ? 1 : 0)),
          sampleEvery: 200,
          connections,
          warmUpMs: 0,
          windowMs,
        });
        if (result.failures > 0)
          throw new Error(`${kind.name}, memory: ${result.failures} failures: ${result.firstFailure}`);
        requests += result.requests;
        refused += result.refused;
        rssMb.push(result.rssMb);
        console.error(`memory ${kind.name}, minute ${minute}: ${result.rssMb.toFixed(0)} MB`);
      }
      const byMinute = rssMb.map((mb, index) => [`${index + 1} min, MB`, round(mb, 0)] as const);
      rows.push({ gateway: kind.name, requests, refused, ...Object.fromEntries(byMinute) });
      overview.push({
        workload: `memory of heavy and new, ${options.minutes} min: first / last minute, MB`,
        gateway: kind.name,
        text: `${rssMb.at(0)?.toFixed(0)} / ${rssMb.at(-1)?.toFixed(0)}`,
      });
    } finally {
      await gateway.process.end();
    }
  });
  return { title: 'memory', rows, overview, notes };
}

/** The same selections by a fragment whose name is another one in each request of each minute. */
function newOperation(body: string, minute: number): string {
  const { query, variables } = JSON.parse(body) as { query: string; variables: unknown };
  const selections = query.slice(query.indexOf('{'));
  const fragment = `New${minute}_t_00000000`;
  return JSON.stringify({
    query: `query Heavy { ...${fragment} } fragment ${fragment} on Query ${selections}`,
    variables,
  });
}
