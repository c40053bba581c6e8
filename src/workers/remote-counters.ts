/** A worker's counters of limits, which all workers share, in the primary process. */

import type { LimitCheck, LimitRule } from '../limits/check.ts';
import { outcomesOf, type CheckOutcome } from '../limits/counters/decision.ts';
import type { ChargeChange, SharedStore, StoreProbe } from '../limits/shared/shared-store.ts';
import type { CallToPrimary, PackedCheck, PackedRequests } from './calls.ts';
import type { ChannelToPrimary } from './remote-planner.ts';

export interface RemoteCountersOptions {
  /** How many share the counters. */
  readonly workers: number;
  readonly timeoutMs: number;
}

export class RemoteCounters implements SharedStore {
  readonly timeoutMs: number;
  readonly #channel: ChannelToPrimary;
  readonly #workers: number;

  constructor(channel: ChannelToPrimary, { workers, timeoutMs }: RemoteCountersOptions) {
    this.#channel = channel;
    this.#workers = workers;
    this.timeoutMs = timeoutMs;
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
