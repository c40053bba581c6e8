/**
 * *waits*: how long small requests wait while answers of 10 MB are put together beside them, one after the other. They
 * come at a fixed rate, so that a gateway that is busy with something long makes all of them wait that are due meanwhile.
 */

import { startGateway, type RunningGateway } from '../gateways.ts';
import type { LoadResult } from '../load/protocol.ts';
import { sleep } from '../processes.ts';
import { targetOf } from '../rounds.ts';
import { askOnce } from '../verify.ts';
import { catalogBody, workloads } from '../workloads.ts';
import { eachGateway, round, type OverviewCell, type StudyResult, type StudyTerms } from './study.ts';

const longProducts = 18_000;
/** So few that the gateway has time for both, and that the slowest of a window is its 99.9th percentile. */
const perSecond = 100;
const windowMs = 9000;
const connections = 64;
/** Between two of the long ones, so that they do not take all the time there is. */
const pauseMs = 100;
const warmUps = 8;
const small = workloads.find(({ name }) => name === 'small')?.body ?? '';
const long = catalogBody(longProducts);

export async function measureWaits({ stage, kinds }: StudyTerms): Promise<StudyResult> {
  const rows: Array<Record<string, string | number>> = [];
  const overview: OverviewCell[] = [];
  const notes: string[] = [];
  await eachGateway(kinds, notes, async (kind) => {
    const gateway = await startGateway(kind, stage);
    try {
      const expected = await askOnce(gateway, small);
      for (let time = 0; time < warmUps; time += 1) await askOnce(gateway, long);
      const load = (): Promise<LoadResult> =>
        stage.load({
          ...targetOf(gateway),
          requests: [{ body: small, expected }],
          sequence: [0],
          sampleEvery: perSecond,
          connections,
          perSecond,
          warmUpMs: 1000,
          windowMs,
        });
      const alone = await load();
      const { result: beside, answers } = await besideLong(gateway, load);
      const failures = alone.failures + beside.failures;
      if (failures > 0) throw new Error(`${kind.name}: ${failures} failures: ${beside.firstFailure}`);
      const [longest, longestAlone] = [round(beside.p999Ms, 1), round(alone.p999Ms, 1)];
      console.error(`waits, ${kind.name}: at most ${longest} ms beside ${answers} long answers`);
      rows.push({
        gateway: kind.name,
        'long answers': answers,
        'p50 ms': round(beside.p50Ms, 1),
        'p99 ms': round(beside.p99Ms, 1),
        'longest, ms': longest,
        'longest without them, ms': longestAlone,
      });
      overview.push({
        workload: 'small beside answers of 10 MB: p99 / longest, ms',
        gateway: kind.name,
        text: `${round(beside.p99Ms, 1)} / ${longest}`,
      });
    } finally {
      await gateway.process.end();
    }
  });
  return { title: 'waits beside answers of 10 MB', rows, overview, notes };
}

async function besideLong(
  gateway: RunningGateway,
  load: () => Promise<LoadResult>,
): Promise<{ readonly result: LoadResult; readonly answers: number }> {
  let answers = 0;
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      await askOnce(gateway, long);
      answers += 1;
      await sleep(pauseMs);
    }
  })();
  const result = await load().finally(() => {
    isOver = true;
  });
  await asking;
  return { result, answers };
}
