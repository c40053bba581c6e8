/** A worker's client of a planner in the primary process. */

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
    // Requests themselves limit the wait for a turn; then planning may be tried three times.
    this.#timeoutMs = timeouts.requestMs + 3 * timeouts.planningWallMs + noticeTimeoutMs;
  }

  /** The primary process has loaded it already. */
  start(): Promise<LoadedGraph> {
    return Promise.resolve(this.#planned.loaded);
  }

  ask(task: PlannerTask, { client, signal }: Turn = ownTurn): Promise<string> {
    const { generation } = this.#planned;
    return this.#channel.call({ kind: 'ask', generation, task, client }, this.#timeoutMs, signal);
  }

  async close(): Promise<void> {
    const { generation } = this.#planned;
    // If the primary process has ended, so has the planner.
    await this.#channel.call({ kind: 'released', generation }, noticeTimeoutMs).catch(() => {});
  }
}
