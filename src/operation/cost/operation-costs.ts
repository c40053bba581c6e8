/** The estimated cost of operations against its maximum. */

import type { LimitsConfig } from '../../config/gateway/limits.ts';
import type { PreparedOperation } from '../../pipeline/prepared.ts';
import type { Prepared } from '../../pipeline/stages.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Events } from '../../shared/events.ts';
import { estimateCost } from './estimate.ts';

type Executable = Prepared<{ readonly prepared: PreparedOperation }>;

export class OperationCosts {
  readonly #config: LimitsConfig['cost'];
  readonly #events: Events;

  constructor({ cost }: Pick<LimitsConfig, 'cost'>, events: Events) {
    this.#config = cost;
    this.#events = events;
  }

  /** @throws {GatewayError} `COST_ESTIMATED_TOO_EXPENSIVE`. */
  assertCost(prepared: Executable): void {
    const max = this.maximumOf(prepared);
    if (max === null) return;
    const cost = this.points(prepared);
    if (cost <= max) return;
    if (this.#config.mode === 'measure') {
      const { requestId, client } = prepared.context;
      const limit = 'cost.max';
      this.#events.emit('limitMeasured', { requestId, client: client.name, limit, max, actual: cost });
      return;
    }
    throw new GatewayError(
      'COST_ESTIMATED_TOO_EXPENSIVE',
      `The operation has an estimated cost of ${cost}; at most ${max} is allowed. Ask for fewer fields, or for shorter lists.`,
      { public: { cost, maximum: max } },
    );
  }

  /** The lowest of those of the client; else the one for all. Null: there is no maximum. */
  maximumOf({ context: { client } }: Executable): number | null {
    const forAll = this.#config.max ?? null;
    let max: number | null = null;
    for (const { costMax } of client.limits) {
      const next = costMax ?? forAll;
      if (next !== null && (max === null || next < max)) max = next;
    }
    return client.limits.length === 0 ? forAll : max;
  }

  points({ operation, variables }: Executable): number {
    return estimateCost(operation.prepared.cost, variables);
  }
}
