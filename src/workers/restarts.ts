/** Restart backoff: a worker that died is restarted at once, unless it died soon after it started. */

/** After this time a death is not a startup failure. */
const stableAfterMs = 2000;
const firstWaitMs = 250;
const maxWaitMs = 30_000;

export class Restarts {
  #quickDeaths = 0;

  /** @returns How long to wait, in ms. */
  afterEnd(servedMs: number): number {
    if (servedMs >= stableAfterMs) {
      this.#quickDeaths = 0;
      return 0;
    }
    const waitMs = Math.min(maxWaitMs, firstWaitMs * 2 ** Math.min(this.#quickDeaths, 20));
    this.#quickDeaths += 1;
    return waitMs;
  }
}
