/** Runs synchronous code for no longer than it may: the engine stops it from outside, and this thread goes on. */

import { Script } from 'node:vm';

import { GatewayError } from '../shared/errors.ts';

const taskKey = Symbol.for('tributary.task');
const script = new Script('globalThis[Symbol.for("tributary.task")]()');
const holder = globalThis as unknown as Record<symbol, (() => unknown) | undefined>;

/** @throws {GatewayError} `PLANNING_TIMEOUT`; otherwise whatever `task` throws. */
export function interruptible<Result>(timeoutMs: number, task: () => Result): Result {
  holder[taskKey] = task;
  try {
    return script.runInThisContext({ timeout: Math.ceil(timeoutMs) }) as Result;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      throw new GatewayError('PLANNING_TIMEOUT', `Planning took longer than ${timeoutMs} ms`, {
        cause: error,
      });
    }
    throw error;
  } finally {
    holder[taskKey] = undefined;
  }
}
