/** A planner of the primary process, as a worker sees it. */

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Turn } from '../pipeline/planning.ts';
import { ownTurn, Planning } from '../plan/planning.ts';
import type { LoadedGraph, PlannerTask } from '../preparation/worker-protocol.ts';
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
    // Requests end their wait for a turn; once it has begun it may be tried three times.
    this.#timeoutMs = timeouts.requestMs + 3 * timeouts.planningWallMs + noticeTimeoutMs;
  }

  /** The primary process loaded it before it told anybody. */
  start(): Promise<LoadedGraph> {
    return Promise.resolve(this.#planned.loaded);
  }

  ask(task: PlannerTask, { client, signal }: Turn = ownTurn): Promise<string> {
    const { generation } = this.#planned;
    return this.#channel.call({ kind: 'ask', generation, task, client }, this.#timeoutMs, signal);
  }

  async close(): Promise<void> {
    const { generation } = this.#planned;
    // Where the primary process is gone, so is the planner.
    await this.#channel.call({ kind: 'released', generation }, noticeTimeoutMs).catch(() => {});
  }
}
