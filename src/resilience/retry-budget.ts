/**
 * How many extra tries a service gets: a share of the calls of the last 10 s, so that a service in trouble is not
 * buried under tries, and a few a second besides, so that a rarely called one is tried again at all. Pure.
 */

export interface RetryBudgetOptions {
  /** Extra tries, of the calls of the last 10 s. */
  readonly percent: number;
  /** Extra tries in any second that are allowed in any case. */
  readonly perSecondMin: number;
}

const seconds = 10;

export class RetryBudget {
  readonly #options: RetryBudgetOptions;
  readonly #calls = new Int32Array(seconds);
  readonly #tries = new Int32Array(seconds);
  #second = Number.NEGATIVE_INFINITY;
  #slot = 0;
  #callsSum = 0;
  #triesSum = 0;

  constructor(options: RetryBudgetOptions) {
    this.#options = options;
  }

  /** A call began. */
  count(nowMs: number): void {
    this.#advance(nowMs);
    this.#calls[this.#slot] = (this.#calls[this.#slot] ?? 0) + 1;
    this.#callsSum += 1;
  }

  /** @returns Whether there may be one extra try; if so it is spent. */
  take(nowMs: number): boolean {
    this.#advance(nowMs);
    const { percent, perSecondMin } = this.#options;
    const now = this.#tries[this.#slot] ?? 0;
    if (now >= perSecondMin && (this.#triesSum + 1) * 100 > percent * this.#callsSum) return false;
    this.#tries[this.#slot] = now + 1;
    this.#triesSum += 1;
    return true;
  }

  #advance(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second <= this.#second) return;
    const first = Math.max(this.#second + 1, second - seconds + 1);
    for (let passed = first; passed <= second; passed += 1) {
      const slot = ((passed % seconds) + seconds) % seconds;
      this.#callsSum -= this.#calls[slot] ?? 0;
      this.#triesSum -= this.#tries[slot] ?? 0;
      this.#calls[slot] = 0;
      this.#tries[slot] = 0;
    }
    this.#second = second;
    this.#slot = ((second % seconds) + seconds) % seconds;
  }
}
