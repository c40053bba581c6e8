/** Counts of the last ten seconds in ten buckets of one second, so that old calls leave without a timer. Pure. */

const buckets = 10;
const bucketMs = 1000;

export class CountingWindow {
  readonly #calls = new Int32Array(buckets);
  readonly #failures = new Int32Array(buckets);
  readonly #slow = new Int32Array(buckets);
  /** Of the newest bucket, in whole seconds of the clock. */
  #second = Number.NEGATIVE_INFINITY;
  #index = 0;
  calls = 0;
  failures = 0;
  slow = 0;

  /** Lets go of what is too old. Call it before reading. */
  advance(nowMs: number): void {
    const second = Math.floor(nowMs / bucketMs);
    if (second <= this.#second) return;
    if (second - this.#second >= buckets) {
      this.clear();
    } else {
      for (let passed = this.#second + 1; passed <= second; passed += 1) this.#drop(slotOf(passed));
    }
    this.#second = second;
    this.#index = slotOf(second);
  }

  add(nowMs: number, failed: boolean, slow: boolean): void {
    this.advance(nowMs);
    this.#calls[this.#index] = (this.#calls[this.#index] ?? 0) + 1;
    this.calls += 1;
    if (failed) {
      this.#failures[this.#index] = (this.#failures[this.#index] ?? 0) + 1;
      this.failures += 1;
    }
    if (slow) {
      this.#slow[this.#index] = (this.#slow[this.#index] ?? 0) + 1;
      this.slow += 1;
    }
  }

  clear(): void {
    this.#calls.fill(0);
    this.#failures.fill(0);
    this.#slow.fill(0);
    this.calls = 0;
    this.failures = 0;
    this.slow = 0;
  }

  #drop(slot: number): void {
    this.calls -= this.#calls[slot] ?? 0;
    this.failures -= this.#failures[slot] ?? 0;
    this.slow -= this.#slow[slot] ?? 0;
    this.#calls[slot] = 0;
    this.#failures[slot] = 0;
    this.#slow[slot] = 0;
  }
}

/** Clocks may begin below zero in tests. */
function slotOf(second: number): number {
  return ((second % buckets) + buckets) % buckets;
}
