/** When a worker that died gets its successor: at once, unless the ones before it died at once too. */

/** A worker that lived this long did not die of how it starts. */
const soundAfterMs = 2000;
const firstWaitMs = 250;
const longestWaitMs = 30_000;

export class Restarts {
  #failures = 0;

  /** @returns How long to wait, in ms. */
  afterEnd(servedMs: number): number {
    if (servedMs >= soundAfterMs) {
      this.#failures = 0;
      return 0;
    }
    const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(this.#failures, 20));
    this.#failures += 1;
    return waitMs;
  }
}
