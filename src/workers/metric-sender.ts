/** In a worker process: tells the primary process from time to time what was counted here. */

import type { MetricChanges } from '../observe/metrics/metric-store.ts';
import { isGatewayError } from '../shared/errors.ts';

export interface MetricSource {
  takeChanges(): MetricChanges;
}

/** Changes that wait because the channel is full; the oldest beyond them are lost. */
const unsentMax = 100;

export class MetricSender {
  readonly #source: MetricSource;
  readonly #send: (changes: MetricChanges) => Promise<unknown>;
  readonly #timer: NodeJS.Timeout;
  /** The oldest first. */
  #unsent: MetricChanges[] = [];

  /**
   * @param send Changes are kept for the next time if it rejects with `OVERLOADED`: they were not sent. What else it
   * rejects with is ignored: they may have arrived, or the primary process has ended, and this one ends too.
   */
  constructor(source: MetricSource, intervalMs: number, send: (changes: MetricChanges) => Promise<unknown>) {
    this.#source = source;
    this.#send = send;
    this.#timer = setInterval(() => void this.flush(), intervalMs).unref();
  }

  async flush(): Promise<void> {
    const waiting = [...this.#unsent, this.#source.takeChanges()];
    this.#unsent = [];
    await Promise.all(waiting.map((changes) => this.#sendOrKeep(changes)));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }

  async #sendOrKeep(changes: MetricChanges): Promise<void> {
    try {
      await this.#send(changes);
    } catch (error) {
      if (!isGatewayError(error) || error.code !== 'OVERLOADED') return;
      this.#unsent.push(changes);
      if (this.#unsent.length > unsentMax) this.#unsent.shift();
    }
  }
}
