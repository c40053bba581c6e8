/** One planner for all workers: what one of them asked is prepared once, and the others get the same text. */

import { LRUCache } from 'lru-cache';

import type { GatewayConfig } from '../config/gateway-config.ts';
import type { Planning } from '../plan/planning.ts';
import type { PlannerTask } from '../plan/worker-protocol.ts';

export class SharedPlanner {
  readonly #planner: Pick<Planning, 'ask' | 'close'>;
  readonly #known: LRUCache<string, string>;
  readonly #pending = new Map<string, Promise<string>>();

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
  ask(task: PlannerTask): Promise<string> {
    const key = JSON.stringify(task);
    const known = this.#known.get(key);
    if (known !== undefined) return Promise.resolve(known);
    let pending = this.#pending.get(key);
    if (!pending) {
      pending = this.#ask(task, key).finally(() => this.#pending.delete(key));
      this.#pending.set(key, pending);
    }
    return pending;
  }

  close(): Promise<void> {
    return this.#planner.close();
  }

  async #ask(task: PlannerTask, key: string): Promise<string> {
    const json = await this.#planner.ask(task);
    if (task.kind === 'prepare') this.#known.set(key, json, { size: 2 * (key.length + json.length) });
    return json;
  }
}
