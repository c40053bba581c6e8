/** Runs one check in a thread of its own: schemas of others must not exhaust the process that reports on them. */

import { parentPort, resourceLimits, Worker, workerData } from 'node:worker_threads';

import type { Composition, SubgraphSchema } from '../preparation/composition/compose.ts';
import { errorText } from '../shared/error-text.ts';
import { ownModule } from '../shared/own-module.ts';
import { runChecks, type CheckInput } from './run.ts';
import type { CheckReport } from './report.ts';

export type CheckReply =
  | { readonly report: CheckReport; readonly peakHeapMb: number }
  /** A defect of the checks. */
  | { readonly failure: string };

const reply = await runChecks(workerData as CheckInput, composeInThread).then(
  (report): CheckReply => ({ report, peakHeapMb: heapMb() }),
  (error: unknown): CheckReply => ({
    failure: error instanceof Error ? (error.stack ?? error.message) : errorText(error),
  }),
);
parentPort?.postMessage(reply);

function heapMb(): number {
  return Math.round(process.memoryUsage().heapUsed / 1_048_576);
}

/** With the limits of this thread. It ends with this thread. */
function composeInThread(subgraphs: readonly SubgraphSchema[]): Promise<Composition> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(ownModule('./compose-thread', import.meta.url), {
      name: 'compose',
      workerData: subgraphs,
      resourceLimits,
    });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
