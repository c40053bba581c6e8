/** A worker's counters of limits, which all workers share, in the primary process. */

import type { LimitCheck, LimitRule } from '../limits/check.ts';
import { outcomesOf, type CheckOutcome } from '../limits/counters/decision.ts';
import type { ChargeChange, SharedStore, StoreProbe } from '../limits/shared/shared-store.ts';
import { limitsTimeoutMs, type PackedCheck, type PackedRequests, type CallToPrimary } from './calls.ts';
import type { ChannelToPrimary } from './remote-planner.ts';

export class RemoteCounters implements SharedStore {
  readonly timeoutMs = limitsTimeoutMs;
  readonly #channel: ChannelToPrimary;
  readonly #workers: number;

  /** @param workers That share the counters. */
  constructor(channel: ChannelToPrimary, workers: number) {
    this.#channel = channel;
    this.#workers = workers;
  }

  async take(requests: ReadonlyArray<readonly LimitCheck[]>): Promise<CheckOutcome[][]> {
    const answer = await this.#call({ kind: 'takeLimits', packed: packedRequests(requests) });
    return outcomesOf(JSON.parse(answer) as number[], requests);
  }

  async settle(changes: readonly ChargeChange[]): Promise<void> {
    await this.#call({ kind: 'settleLimits', changes });
  }

  async probe(): Promise<StoreProbe> {
    await this.#call({ kind: 'takeLimits', packed: { rules: [], requests: [] } });
    return { processes: this.#workers, resets: 0 };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #call(call: CallToPrimary): Promise<string> {
    return this.#channel.call(call, this.timeoutMs);
  }
}

/** Each rule is sent once for all checks. */
function packedRequests(requests: ReadonlyArray<readonly LimitCheck[]>): PackedRequests {
  const indexes = new Map<LimitRule, number>();
  const packed = requests.map((checks) =>
    checks.map(({ rule, key, owner, cost, gate, isReturned, isMeasured }): PackedCheck => {
      let index = indexes.get(rule);
      if (index === undefined) {
        index = indexes.size;
        indexes.set(rule, index);
      }
      return [index, key, owner, cost, gate, isReturned, isMeasured];
    }),
  );
  return { rules: [...indexes.keys()], requests: packed };
}
