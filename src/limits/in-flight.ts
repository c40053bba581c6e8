/** Bounds the operations of one client that are executed at once in this process. */

import type { LimitsConfig } from '../config/gateway/limits.ts';
import type { Client } from '../pipeline/client.ts';
import { GatewayError } from '../shared/errors.ts';

/** @returns How many operations a client may have in flight. Null: there is no maximum. */
type MaximumOf = (client: Client, principalTier: string | null) => number | null;

export class OperationsInFlight {
  readonly #maximumOf: MaximumOf;
  /** By caller. Those without an operation in flight are not kept. */
  readonly #counts = new Map<string, number>();

  constructor(maximumOf: MaximumOf) {
    this.#maximumOf = maximumOf;
  }

  /**
   * @param caller A key of the client.
   * @returns Whether it was counted: then call `leave` when the operation has ended.
   * @throws {GatewayError} `OVERLOADED`.
   */
  enter(caller: string, client: Client, principalTier: string | null): boolean {
    const max = this.#maximumOf(client, principalTier);
    if (max === null) return false;
    const count = this.#counts.get(caller) ?? 0;
    if (count >= max)
      throw new GatewayError(
        'OVERLOADED',
        `This client may have ${max} ${max === 1 ? 'operation' : 'operations'} in flight at the same time; wait for one to end`,
        { public: { retryAfter: 1, limit: max } },
      );
    this.#counts.set(caller, count + 1);
    return true;
  }

  leave(caller: string): void {
    const count = this.#counts.get(caller) ?? 0;
    if (count > 1) this.#counts.set(caller, count - 1);
    else this.#counts.delete(caller);
  }
}

/** The lowest maximum of the client's own, its tier's and the one for all. */
export function inFlightMaximum({ inFlight }: LimitsConfig): MaximumOf {
  const { perClientMax = null } = inFlight;
  const tiers = new Map(Object.entries(inFlight.tiers));
  const ofTier = (tier: string | null): number | null => (tier === null ? null : (tiers.get(tier) ?? null));
  return ({ limits }, principalTier) => {
    if (limits.length === 0) return ofTier(principalTier) ?? perClientMax;
    let max: number | null = null;
    for (const { inFlightMax, tier } of limits) {
      const next = inFlightMax ?? ofTier(tier ?? principalTier) ?? perClientMax;
      if (next !== null && (max === null || next < max)) max = next;
    }
    return max;
  };
}
