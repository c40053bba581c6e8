/** Polls for changes, one poll at a time, without keeping the process alive. */

export interface PollerOptions {
  /** Never rejects. */
  readonly poll: () => Promise<void>;
  /** The wait until the next poll, called after each of them. 0: no more polls. */
  readonly waitMs: () => number;
}

export class Poller {
  readonly #options: PollerOptions;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#schedule();
  }

  /** Runs `work` after the current poll; not once it is closed. @param work Never rejects. */
  run(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(() => (this.#isClosed ? undefined : work()));
    return this.#work;
  }

  /** Resolves once the current work has ended. */
  close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    return this.#work;
  }

  #schedule(): void {
    const waitMs = this.#options.waitMs();
    if (waitMs === 0 || this.#isClosed) return;
    const poll = (): void => void this.run(this.#options.poll).then(() => this.#schedule());
    this.#timer = setTimeout(poll, waitMs).unref();
  }
}
