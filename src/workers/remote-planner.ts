/** A planner of the primary process, as a worker sees it. */

import type { GatewayConfig } from '../config/gateway-config.ts';
import { Planning } from '../plan/planning.ts';
import type { LoadedGraph, PlannerTask } from '../plan/worker-protocol.ts';
import { noticeTimeoutMs, type CallToPrimary, type CallToWorker, type PlannedGraph } from './calls.ts';
import type { Channel } from './channel.ts';

export type ChannelToPrimary = Channel<CallToPrimary, CallToWorker>;

export class RemotePlanner extends Planning {
  readonly #channel: ChannelToPrimary;
  readonly #planned: PlannedGraph;
  readonly #timeoutMs: number;

  constructor(channel: ChannelToPrimary, planned: PlannedGraph, { timeouts }: GatewayConfig) {
    super();
    this.#channel = channel;
    this.#planned = planned;
    // It waits its turn, and then has its time.
    this.#timeoutMs = timeouts.requestMs + timeouts.planningMs + noticeTimeoutMs;
  }

  /** The primary process loaded it before it told anybody. */
  start(): Promise<LoadedGraph> {
    return Promise.resolve(this.#planned.loaded);
  }

  ask(task: PlannerTask): Promise<string> {
    const { generation } = this.#planned;
    return this.#channel.call({ kind: 'ask', generation, task }, this.#timeoutMs);
  }

  async close(): Promise<void> {
    const { generation } = this.#planned;
    // Where the primary process is gone, so is the planner.
    await this.#channel.call({ kind: 'released', generation }, noticeTimeoutMs).catch(() => {});
  }
}
