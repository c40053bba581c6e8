/** Bounds planning in tests that run the planner on their own thread. */

import { Interrupted, Interrupter } from '../../../src/preparation/interruptible.ts';
import { GatewayError } from '../../../src/shared/errors.ts';

const interrupter = new Interrupter();
/** How much longer it may take by the clock. */
const wallFactor = 10;

/** @throws {GatewayError} `PLANNING_TIMEOUT` after so much processor time; otherwise whatever `task` throws. */
export function bounded<Result>(cpuMs: number, task: () => Result): Result {
  try {
    return interrupter.run({ cpuMs, wallMs: cpuMs * wallFactor }, task);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    throw new GatewayError('PLANNING_TIMEOUT', `Planning took longer than ${cpuMs} ms`, { cause: error });
  }
}
