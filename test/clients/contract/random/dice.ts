/** Random choices that a seed repeats. */

export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Whole, from 0 to `max`. */
  upTo(max: number): number {
    return Math.floor(this.#next() * (max + 1));
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  oneOf<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.upTo(items.length - 1)] ?? items[0];
  }

  someOf<Item>(items: readonly Item[], probability: number): Item[] {
    return items.filter(() => this.chance(probability));
  }

  /** @see https://github.com/bryc/code/blob/master/jshash/PRNGs.md#mulberry32 */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
