/**
 * Every way a connection can fail, for every kind of source, in every shape of graph: what is not behind the broken
 * service is right and in time, the errors say what is missing, and the breaker opens, probes and closes as promised.
 *
 * By default the requests of each breaker's trial have one of the three shapes in turn; `TRIBUTARY_NIGHTLY=1` has each
 * trial with each shape. `node bench/attacks.ts faults` prints what is measured here.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { kinds, ordeals, shapes, type Kind, type Shape } from './support/cells.ts';
import { trialTimes, Trials, type TrialResult } from './support/trial.ts';

const nightly = process.env['TRIBUTARY_NIGHTLY'] === '1';
/** What a machine with other work may add to the 50 ms that an answer may come after its deadline. */
const allowanceMs = 250;
const latenessMsMax = 50 + allowanceMs;
/** Those of the breaker, and what was under way when the last of them ended: ten requests with at most two calls each. */
const callsUntilOpenMax = 20 + 10 * 2;
const probesMax = 3;
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
      const result = before.then(() => trials.run(ordeal, shape));
      results.set(keyOf(kindNames[index] as Kind, ordeal.name, shape), result);
      before = result.catch(() => undefined);
    }
  }
}, 90_000);

afterAll(async () => {
  await Promise.allSettled(results.values());
  await Promise.all(opened.map((trials) => trials.close()));
});

describe.each(kindNames)('%s', (kind) => {
  it.for(cells.map(({ ordeal, shape }) => ({ name: ordeal.name, ordeal, shape })))(
    '$name, $shape: every answer is right and in time, and the breaker does its work',
    { timeout: nightly ? 600_000 : 120_000 },
    async ({ ordeal, shape }, { skip }) => {
      const result = await results.get(keyOf(kind, ordeal.name, shape));
      if (!result) throw new Error('this cell did not run');
      skip(result.disturbed > result.answers / 2, 'the machine is too busy to judge');
      expect(result.wrong).toEqual([]);
      expect(result.latenessMs).toBeLessThanOrEqual(latenessMsMax);
      if (ordeal.isMild) return;
      const { callsUntilOpen, callsWhileOpen, probes, closedAfterMs } = result.breaker ?? {};
      expect(callsUntilOpen).not.toBeNull();
      expect(callsUntilOpen).toBeLessThanOrEqual(callsUntilOpenMax);
      expect(callsWhileOpen ?? 0).toBe(0);
      expect(probes ?? 0).toBeLessThanOrEqual(probesMax);
      expect(closedAfterMs).not.toBeNull();
      expect(closedAfterMs).toBeLessThanOrEqual(closedAfterMsMax);
    },
  );
});
