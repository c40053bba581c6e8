/** What the mocks' call logs say about order: which calls ran side by side and which waited for another. */

import type { Call } from '../../subgraphs-mock/shared/call-log.ts';
import type { MockName } from '../../subgraphs-mock/shared/mock.ts';
import type { Mocks } from '../../subgraphs-mock/start.ts';

/** The names of the calls of every service that got any, in the order they came. */
export function callsOf(mocks: Mocks): Partial<Record<MockName, string[]>> {
  const calls: Partial<Record<MockName, string[]>> = {};
  for (const { name, calls: log } of mocks.all) {
    if (log.total > 0) calls[name] = log.list().map(({ operation }) => operation);
  }
  return calls;
}

/** @throws {Error} Unless the service got exactly one call that `operation` names; without it, one call at all. */
export function onlyCall(mocks: Mocks, service: MockName, operation?: string): Call {
  const { calls } = mocks.service(service);
  const found = operation === undefined ? calls.list() : calls.named(operation);
  const [call, ...more] = found;
  if (!call || more.length > 0) {
    throw new Error(`${service} got ${found.length} calls instead of one: ${JSON.stringify(found)}`);
  }
  return call;
}

/** Whether there was a moment at which all of them were open. */
export function overlap(...calls: readonly Call[]): boolean {
  const lastStartMs = Math.max(...calls.map(({ startedAtMs }) => startedAtMs));
  const firstEndMs = Math.min(...calls.map(endOf));
  return lastStartMs < firstEndMs;
}

/** Whether `later` began only after `earlier` had ended. */
export function follows(later: Call, earlier: Call): boolean {
  return later.startedAtMs >= endOf(earlier);
}

function endOf({ endedAtMs, operation }: Call): number {
  if (endedAtMs === undefined) throw new Error(`${operation} has not ended`);
  return endedAtMs;
}
