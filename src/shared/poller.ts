/** Looks for changes from time to time, one look after the other, and keeps no process alive for it. */

export interface PollerOptions {
  /** Never rejects. */
  readonly look: () => Promise<void>;
  /** How long until the next look; asked after each of them. 0: there is none. */
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

  /** Does one more thing, after what is under way; nothing once it is closed. @param work Never rejects. */
  next(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(() => (this.#isClosed ? undefined : work()));
    return this.#work;
  }

  /** Settles when nothing is under way any more. */
  close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    return this.#work;
  }

  #schedule(): void {
    const waitMs = this.#options.waitMs();
    if (waitMs === 0 || this.#isClosed) return;
    const look = (): void => void this.next(this.#options.look).then(() => this.#schedule());
    this.#timer = setTimeout(look, waitMs).unref();
  }
}
