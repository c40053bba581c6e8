/** *new*: operations that nobody asked before, from one address: how many are answered, and what each costs. */

import { startGateway } from '../gateways.ts';
import { targetOf } from '../rounds.ts';
import {
  eachGateway,
  round,
  settled,
  type OverviewCell,
  type StudyResult,
  type StudyTerms,
} from './study.ts';

const count = 1000;
const connections = 20;
/** The first number: none of *mix*. */
const from = 10_000;

export async function measureNew({ stage, kinds, generated }: StudyTerms): Promise<StudyResult> {
  const graph = await generated();
  const bodies = graph.bodies(from, count);
  const rows: Array<Record<string, string | number>> = [];
  const overview: OverviewCell[] = [];
  const notes: string[] = [];
  await eachGateway(kinds, notes, async (kind) => {
    const gateway = await startGateway(kind, stage, { supergraph: graph.supergraph });
    try {
      await settled(gateway);
      const pass = await stage.pass({ ...targetOf(gateway), bodies, connections });
      const { right, refused, wrong, firstWrong } = await graph.judge(bodies, pass.answers);
      const cpuMs = pass.cpuMs / (right + wrong);
      const seconds = (pass.closedAtUs - pass.openedAtUs) / 1e6;
      console.error(
        `new ${kind.name}: ${right + wrong} of ${count} answered, ${cpuMs.toFixed(2)} ms CPU each`,
      );
      rows.push({
        gateway: kind.name,
        'CPU ms each': round(cpuMs, 2),
        right,
        refused,
        wrong,
        s: round(seconds, 1),
        'RSS MB': round(pass.rssMb, 0),
      });
      const answered = right === count ? 'all' : `${right} of ${count}`;
      overview.push({
        workload: 'new: answered; each',
        gateway: kind.name,
        text: `${answered}; ${cpuMs.toFixed(2)}`,
      });
      if (wrong > 0) notes.push(`new, ${kind.name}, wrong: ${firstWrong}`);
    } finally {
      await gateway.process.end();
    }
  });
  return { title: `new: ${count} operations, ${connections} in flight`, rows, overview, notes };
}
