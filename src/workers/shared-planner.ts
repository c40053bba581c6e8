/** The planner of all workers: caches each prepared operation as JSON, so that it is planned once for all of them. */

import { LRUCache } from 'lru-cache';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Turn } from '../pipeline/planning.ts';
import type { Planning } from '../plan/planning.ts';
import type { PlannerTask } from '../preparation/worker-protocol.ts';

export class SharedPlanner {
  readonly #planner: Pick<Planning, 'ask' | 'close'>;
  readonly #prepared: LRUCache<string, string>;

  constructor(
    planner: Pick<Planning, 'ask' | 'close'>,
    limits: Pick<GatewayConfig['limits'], 'preparedOperationsMax' | 'preparedOperationsBytesMax'>,
  ) {
    this.#planner = planner;
    this.#prepared = new LRUCache({
      max: limits.preparedOperationsMax,
      maxSize: limits.preparedOperationsBytesMax,
    });
  }

  /** @throws {GatewayError} What the planner throws; errors are not cached. */
  async ask(task: PlannerTask, turn: Turn): Promise<string> {
    if (task.kind !== 'prepare') return this.#planner.ask(task, turn);
    const key = JSON.stringify(task);
    const cached = this.#prepared.get(key);
    if (cached !== undefined) return cached;
    const json = await this.#planner.ask(task, turn);
    this.#prepared.set(key, json, { size: 2 * (key.length + json.length) });
    return json;
  }

  close(): Promise<void> {
    return this.#planner.close();
  }
}
