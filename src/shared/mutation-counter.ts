/**
 * Counts mutations. It is part of the keys of everything that is shared between requests, so that a request after a
 * mutation never gets an answer that began before it. One counter for all subgraphs: a mutation in one may show in
 * another.
 */
export class MutationCounter {
  value = 0;
  /**
   * Notifies the other processes of this gateway that a mutation has ended, or a change that was made through the named
   * source. Resolves once they know.
   */
  onEnded: ((source?: string) => Promise<void>) | undefined;
  readonly #changes = new Map<string, number>();

  /** The source's changes, in all graphs that have it. */
  changesOf(source: string): SourceChanges {
    const noteOne = (): void => void this.#changes.set(source, this.#countOf(source) + 1);
    return {
      count: () => this.#countOf(source),
      begin: noteOne,
      end: async () => {
        noteOne();
        await this.onEnded?.(source);
      },
    };
  }

  /** A mutation, or a change of the named source, has ended in another process. */
  endedElsewhere(source?: string): void {
    this.value += 1;
    if (source !== undefined) this.#changes.set(source, this.#countOf(source) + 1);
  }

  #countOf(source: string): number {
    return this.#changes.get(source) ?? 0;
  }
}

/** Changes that were made through one source: nothing that was read before one ended is known to be right. */
export interface SourceChanges {
  /** Differs as soon as one began or ended, in this process or another. */
  readonly count: () => number;
  readonly begin: () => void;
  /** Resolves once the other processes know. */
  readonly end: () => Promise<void>;
}
