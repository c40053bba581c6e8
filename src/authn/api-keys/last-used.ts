/**
 * When each key was last used, written down from time to time: requests leave a number here and go on. What cannot be
 * written now is tried again with the next; of more than `keysMax` keys the rest is forgotten.
 */

import { errorText } from '../../shared/error-text.ts';

export interface LastUsedParts {
  /** Between two times of writing. */
  readonly everyMs: number;
  readonly keysMax: number;
  /** 0 to 1: spreads the writes of many processes. */
  readonly random: () => number;
  /** @returns The ids whose time is there for good; the others are handed in again. */
  readonly write: (used: ReadonlyMap<string, number>) => Promise<readonly string[]>;
  /** Once until it works again. */
  readonly onFailure: (reason: string) => void;
}

export class LastUsed {
  readonly #parts: LastUsedParts;
  /** ms since 1970, by id. */
  readonly #pending = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #hasFailed = false;
  #isClosed = false;

  constructor(parts: LastUsedParts) {
    this.#parts = parts;
  }

  note(id: string, nowMs: number): void {
    const { keysMax } = this.#parts;
    if (this.#pending.size >= keysMax && !this.#pending.has(id)) return;
    this.#pending.set(id, nowMs);
    this.#schedule();
  }

  /** Writes what is left, once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#write();
  }

  #schedule(): void {
    if (this.#timer || this.#isClosed) return;
    const { everyMs, random } = this.#parts;
    this.#timer = setTimeout(
      () => {
        this.#writing = this.#write().then(() => {
          this.#timer = undefined;
          if (this.#pending.size > 0) this.#schedule();
        });
      },
      everyMs * (0.8 + 0.2 * random()),
    ).unref();
  }

  async #write(): Promise<void> {
    if (this.#pending.size === 0) return;
    const { write, onFailure } = this.#parts;
    const used = new Map(this.#pending);
    try {
      // Used again meanwhile: that later time is still to be written.
      for (const id of await write(used))
        if (this.#pending.get(id) === used.get(id)) this.#pending.delete(id);
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) onFailure(errorText(error));
      this.#hasFailed = true;
    }
  }
}
