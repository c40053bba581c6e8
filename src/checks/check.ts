/** Runs a check with limits of time and memory. */

import { ownModule } from '../shared/own-module.ts';
import type { CheckReply } from './check-thread.ts';
import { runLimited, type ThreadLimits } from './limited-thread.ts';
import type { CheckReport } from './report.ts';
import type { CheckInput } from './run.ts';

export const checkLimitDefaults: ThreadLimits = { timeoutMs: 300_000, memoryMb: 4096 };

/**
 * @param signal Ends it, and then its reason is thrown. Default: nobody does.
 * @throws {GatewayError} `CONFIG_INVALID` if a limit was reached, which says which one and how it is raised.
 * @throws {Error} A defect.
 */
export async function check(
  input: CheckInput,
  limits: ThreadLimits,
  signal?: AbortSignal,
): Promise<CheckReport> {
  const reply = await runLimited<CheckReply>({
    name: 'the check',
    module: ownModule('./check-thread', import.meta.url),
    input,
    limits,
    signal,
    remedies: { time: 'raise --timeout, or check fewer operations', memory: 'raise --memory' },
  });
  if ('failure' in reply) throw new Error(reply.failure);
  return reply.report;
}
