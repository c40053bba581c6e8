/**
 * Records when each key was last used. Requests only note the time; the times are written periodically, and a failed
 * write is repeated with the next one. Keys beyond `keysMax` pending ones are not recorded.
 */

import { errorText } from '../../shared/error-text.ts';

export interface LastUsedOptions {
  /** Between two writes. */
  readonly intervalMs: number;
  readonly keysMax: number;
  /** 0 to 1: spreads the writes of many processes. */
  readonly random: () => number;
  /** @returns The ids whose times are stored; the others are passed again. */
  readonly write: (used: ReadonlyMap<string, number>) => Promise<readonly string[]>;
  /** Called once for consecutive failures. */
  readonly onFailure: (reason: string) => void;
}

export class LastUsed {
  readonly #options: LastUsedOptions;
  /** ms since 1970, by id. */
  readonly #pending = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #hasFailed = false;
  #isClosed = false;

  constructor(options: LastUsedOptions) {
    this.#options = options;
  }

  note(id: string, nowMs: number): void {
    const { keysMax } = this.#options;
    if (this.#pending.size >= keysMax && !this.#pending.has(id)) return;
    this.#pending.set(id, nowMs);
    this.#schedule();
  }

  /** Tries once to write the pending times. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#write();
  }

  #schedule(): void {
    if (this.#timer || this.#isClosed) return;
    const { intervalMs, random } = this.#options;
    this.#timer = setTimeout(
      () => {
        this.#writing = this.#write().then(() => {
          this.#timer = undefined;
          if (this.#pending.size > 0) this.#schedule();
        });
      },
      intervalMs * (0.8 + 0.2 * random()),
    ).unref();
  }

  async #write(): Promise<void> {
    if (this.#pending.size === 0) return;
    const { write, onFailure } = this.#options;
    const used = new Map(this.#pending);
    try {
      // A key that was used again meanwhile stays pending.
      for (const id of await write(used))
        if (this.#pending.get(id) === used.get(id)) this.#pending.delete(id);
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) onFailure(errorText(error));
      this.#hasFailed = true;
    }
  }
}
