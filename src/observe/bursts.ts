/** Counts what happens many times for one reason, and tells it once a second at most. */

export interface Burst {
  readonly count: number;
  readonly first: { readonly requestId: string; readonly reason: string | undefined };
}

export class Bursts {
  readonly #counts = new Map<string, { count: number; readonly first: Burst['first'] }>();
  readonly #tell: (key: string, burst: Burst) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (key: string, burst: Burst) => void) {
    this.#tell = tell;
  }

  /** @param key One of few: there is a line for each. */
  add(key: string, first: Burst['first']): void {
    const known = this.#counts.get(key);
    if (known) known.count += 1;
    else this.#counts.set(key, { count: 1, first });
    this.#timer ??= setTimeout(() => this.flush(), everyMs).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [key, burst] of this.#counts) this.#tell(key, burst);
    this.#counts.clear();
  }
}

const everyMs = 1000;
