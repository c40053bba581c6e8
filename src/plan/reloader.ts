/**
 * Polls for a changed graph and passes it on, with exponential backoff after failures. One poll at a time; `now` is for
 * signals and tests.
 */

import type { Graph, GraphSource } from './graph-source.ts';
import { Poller } from '../shared/poller.ts';

export interface ReloaderOptions {
  readonly source: GraphSource;
  /** Puts a new graph in place; throws where it is invalid. */
  readonly replace: (graph: Graph) => Promise<void>;
  readonly onRefused: (error: unknown) => void;
  /** Between two polls. 0: no polling. */
  readonly intervalMs: number;
  /** Longest time between two polls, after failures. */
  readonly intervalMaxMs: number;
  /** From 0 to 1: jitter that spreads the polls of many processes. */
  readonly random: () => number;
}

export class Reloader {
  readonly #options: ReloaderOptions;
  readonly #poller: Poller;
  #failures = 0;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    // What was read before this began is what is served.
    options.source.accepted();
    this.#poller = new Poller({
      poll: () => this.#look((source) => source.readIfChanged()),
      waitMs: () => this.#waitMs(),
    });
  }

  /** Reads the graph again, changed or not. Settles when it is in place or refused. */
  now(): Promise<void> {
    return this.#poller.run(() => this.#look((source) => source.read()));
  }

  close(): Promise<void> {
    return this.#poller.close();
  }

  async #look(read: (source: GraphSource) => Promise<Graph | undefined>): Promise<void> {
    const { source, replace, onRefused } = this.#options;
    try {
      const graph = await read(source);
      if (graph) {
        await replace(graph);
        source.accepted();
      }
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      onRefused(error);
    }
  }

  #waitMs(): number {
    const { intervalMs, intervalMaxMs, random } = this.#options;
    const waitMs = Math.min(intervalMaxMs, intervalMs * 2 ** Math.min(this.#failures, 20));
    return waitMs * (0.9 + 0.2 * random());
  }
}
