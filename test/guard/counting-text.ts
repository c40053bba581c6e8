/** A text that counts how often it is read: work of the guard without a clock. */
export class CountingText {
  /** Characters read, those of slices included. */
  reads = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get length(): number {
    return this.#text.length;
  }

  charCodeAt(at: number): number {
    this.reads += 1;
    return this.#text.charCodeAt(at);
  }

  slice(start: number, end: number): string {
    this.reads += end - start;
    return this.#text.slice(start, end);
  }

  /** The guard uses nothing else of a string; the tests fail by a TypeError if it begins to. */
  asString(): string {
    return this as unknown as string;
  }
}
