/**
 * Looks for a changed graph from time to time and hands it on. An address that fails is asked less and less often.
 * One look at a time; `now` is for signals and tests.
 */

import type { Graph, GraphSource } from './graph-source.ts';

export interface ReloaderOptions {
  readonly source: GraphSource;
  /** Puts a new graph in place; throws where it is no good. */
  readonly replace: (graph: Graph) => Promise<void>;
  readonly onRefused: (error: unknown) => void;
  /** Between two looks. 0: only when asked. */
  readonly intervalMs: number;
  /** After failures, the longest time between two looks. */
  readonly intervalMaxMs: number;
  /** From 0 to 1: spreads the looks of many processes. */
  readonly random: () => number;
}

export class Reloader {
  readonly #options: ReloaderOptions;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#schedule();
  }

  /** Reads the graph again, changed or not. Settles when it is in place or refused. */
  now(): Promise<void> {
    return this.#look((source) => source.read());
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #look(read: (source: GraphSource) => Promise<Graph | undefined>): Promise<void> {
    this.#looking = this.#looking.then(async () => {
      if (this.#closed) return;
      const { source, replace, onRefused } = this.#options;
      try {
        const graph = await read(source);
        if (graph) await replace(graph);
        this.#failures = 0;
      } catch (error) {
        this.#failures += 1;
        onRefused(error);
      }
    });
    return this.#looking;
  }

  #schedule(): void {
    const { intervalMs, intervalMaxMs, random, source } = this.#options;
    if (intervalMs === 0 || this.#closed) return;
    const slowed = Math.min(intervalMaxMs, intervalMs * 2 ** Math.min(this.#failures, 20));
    const waitMs = slowed * (0.9 + 0.2 * random());
    this.#timer = setTimeout(() => {
      void this.#look(() => source.readIfChanged()).then(() => this.#schedule());
    }, waitMs);
    this.#timer.unref();
  }
}
