/**
 * Every way a connection can fail, for every kind of source, in every shape of graph: what is not behind the broken
 * service is right and in time, the errors say what is missing, and the breaker opens, probes and closes as promised.
 *
 * By default the requests of each breaker's trial have one of the three shapes in turn; `TRIBUTARY_NIGHTLY=1` has each
 * trial with each shape. `node bench/attacks.ts faults` prints what is measured here.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { kinds, ordeals, shapes, type Kind, type Ordeal, type Shape } from './support/cells.ts';
import { trialTimes, Trials, type TrialResult } from './support/trial.ts';

const nightly = process.env['TRIBUTARY_NIGHTLY'] === '1';
/** What a machine with other work may add to the 50 ms that an answer may come after its deadline. */
const allowanceMs = 250;
const latenessMsMax = 50 + allowanceMs;
/** Those of the breaker, and what was under way when the last of them ended: ten requests with at most two calls each. */
const callsUntilOpenMax = 20 + 10 * 2;
const probesMax = 3;
const triesMax = 6;
/** The longest it may be open after the second failure, and a second. */
const closedAfterMsMax = trialTimes.openMaxMs * (1 + trialTimes.openJitterPercent / 100) + 1000;

const kindNames = Object.keys(kinds) as Kind[];
const cells = ordeals.flatMap((ordeal, index) =>
  (nightly ? shapes : [shapes[index % shapes.length] as Shape]).map((shape) => ({ ordeal, shape })),
);
const results = new Map<string, Promise<TrialResult>>();
const opened: Trials[] = [];

const keyOf = (kind: Kind, ordeal: string, shape: Shape): string => `${kind} ${ordeal} ${shape}`;

/** The kinds side by side: most of a trial is waiting. Each test below looks at one cell. */
beforeAll(async () => {
  opened.push(...(await Promise.all(kindNames.map((kind) => Trials.open(kind)))));
  for (const [index, trials] of opened.entries()) {
    let before: Promise<unknown> = Promise.resolve();
    for (const { ordeal, shape } of cells) {
      const result = before.then(() => tried(trials, ordeal, shape));
      results.set(keyOf(kindNames[index] as Kind, ordeal.name, shape), result);
      before = result.catch(() => undefined);
    }
  }
});

afterAll(async () => {
  await Promise.allSettled(results.values());
  await Promise.all(opened.map((trials) => trials.close()));
});

describe.each(kindNames)('%s', (kind) => {
  it.for(cells.map(({ ordeal, shape }) => ({ name: ordeal.name, ordeal, shape })))(
    '$name, $shape: every answer is right and in time, and the breaker does its work',
    { timeout: nightly ? 900_000 : 240_000 },
    async ({ ordeal, shape }, { skip }) => {
      const result = await results.get(keyOf(kind, ordeal.name, shape));
      if (!result) throw new Error('this cell did not run');
      const complaints = complaintsOf(result);
      // Times and counts of a trial say nothing of the gateway where some answers are disturbed; wrong answers do.
      const disturbedShareMax = result.wrong.length > 0 ? 0.5 : 0.1;
      const isDisturbed = result.disturbed > result.answers * disturbedShareMax;
      skip(complaints.length > 0 && isDisturbed, `the machine is too busy to judge: ${complaints[0]}`);
      expect(complaints).toEqual([]);
    },
  );
});

/** Deadlines and breakers run by the clock: what a busy machine spoils is tried again, what is wrong with us stays so. */
async function tried(trials: Trials, ordeal: Ordeal, shape: Shape): Promise<TrialResult> {
  for (let tries = 1; ; tries += 1) {
    const result = await trials.run(ordeal, shape);
    const complaints = complaintsOf(result);
    if (tries === triesMax || complaints.length === 0) return result;
    console.log(
      `${ordeal.name}, ${shape}, ${result.disturbed} of ${result.answers} disturbed: ${complaints[0]}`,
    );
    await sleep(trialTimes.forgottenMs);
  }
}

function complaintsOf({ wrong, latenessMs, breaker }: TrialResult): string[] {
  const complaints = [...wrong];
  if (latenessMs > latenessMsMax) complaints.push(`an answer was ${latenessMs} ms late`);
  // Mild faults leave it closed.
  if (!breaker) return complaints;
  const { callsUntilOpen, callsWhileOpen, probes, closedAfterMs } = breaker;
  if (callsUntilOpen === null || callsUntilOpen > callsUntilOpenMax)
    complaints.push(`${callsUntilOpen} calls until the breaker opened`);
  if (callsWhileOpen) complaints.push(`${callsWhileOpen} calls while the breaker was open`);
  if ((probes ?? 0) > probesMax) complaints.push(`${probes} probes`);
  if (closedAfterMs === null || closedAfterMs > closedAfterMsMax)
    complaints.push(`the breaker closed after ${closedAfterMs} ms`);
  return complaints;
}
