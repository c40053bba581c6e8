/** Prepares the operations that an earlier process was asked, before this one serves, and keeps the list of its own. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { OperationsFile } from '../operation/operations-file.ts';
import { monotonicClock } from '../shared/clock.ts';
import type { Events } from '../shared/events.ts';
import type { OpenGeneration } from './generation.ts';

/** @returns Null: there is no such file. */
export async function openOperationsFile(
  { planning, reload }: Pick<GatewayConfig, 'planning' | 'reload'>,
  events: Events,
  current: () => OpenGeneration,
): Promise<OperationsFile | null> {
  if (planning.operationsFile === undefined) return null;
  const file = new OperationsFile(planning.operationsFile, events);
  const startedAtMs = monotonicClock();
  const list = await file.read();
  if (list) {
    const { loaded, operations } = current();
    const listed = list.operations.slice(0, reload.warmOperationsMax);
    const count = await operations.warmAll(listed, reload.warmMsMax);
    events.emit('operationsWarmed', {
      operations: count,
      leftOut: list.operations.length - count,
      sameGraph: list.hash === loaded.hash,
      durationMs: Math.round(monotonicClock() - startedAtMs),
    });
  }
  file.keep(() => {
    const { loaded, operations } = current();
    return { hash: loaded.hash, operations: operations.hottest(reload.warmOperationsMax) };
  });
  return file;
}
