/** How many processes share the counters: as they were last counted, and for some time after that was possible. */

import type { Clock } from '../../shared/clock.ts';

export interface ProcessCountOptions {
  /** Assumed where nothing is known. */
  readonly processes: number;
  /** How long a count is believed. */
  readonly processesKeptMs: number;
  readonly now: Clock;
}

export class ProcessCount {
  readonly #options: ProcessCountOptions;
  #last = 0;
  #before = 0;
  #countedAtMs = -Infinity;

  constructor(options: ProcessCountOptions) {
    this.#options = options;
  }

  get current(): number {
    const { processes, processesKeptMs, now } = this.#options;
    if (now() - this.#countedAtMs > processesKeptMs) return processes;
    // Processes that Redis has forgotten, as after FLUSHALL, are back by the next count.
    return Math.max(1, this.#last, this.#before);
  }

  note(count: number): void {
    this.#before = this.#last;
    this.#last = count;
    this.#countedAtMs = this.#options.now();
  }
}
