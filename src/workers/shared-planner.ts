/** One planner for all workers: what one of them asked is kept, and the others get the same text. */

import { LRUCache } from 'lru-cache';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Turn } from '../pipeline/planning.ts';
import type { Planning } from '../plan/planning.ts';
import type { PlannerTask } from '../preparation/worker-protocol.ts';

export class SharedPlanner {
  readonly #planner: Pick<Planning, 'ask' | 'close'>;
  readonly #known: LRUCache<string, string>;

  constructor(
    planner: Pick<Planning, 'ask' | 'close'>,
    limits: Pick<GatewayConfig['limits'], 'preparedOperationsMax' | 'preparedOperationsBytesMax'>,
  ) {
    this.#planner = planner;
    this.#known = new LRUCache({
      max: limits.preparedOperationsMax,
      maxSize: limits.preparedOperationsBytesMax,
    });
  }

  /** @throws {GatewayError} What the planner throws: that is not kept. */
  async ask(task: PlannerTask, turn: Turn): Promise<string> {
    if (task.kind !== 'prepare') return this.#planner.ask(task, turn);
    const key = JSON.stringify(task);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const json = await this.#planner.ask(task, turn);
    this.#known.set(key, json, { size: 2 * (key.length + json.length) });
    return json;
  }

  close(): Promise<void> {
    return this.#planner.close();
  }
}
