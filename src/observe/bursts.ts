/** Aggregates frequent events: counts them by key, and reports each key once a second at most. */

export interface Burst {
  readonly count: number;
  readonly first: { readonly requestId: string; readonly reason: string | undefined };
}

export class Bursts {
  readonly #counts = new Map<string, { count: number; readonly first: Burst['first'] }>();
  readonly #report: (key: string, burst: Burst) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(report: (key: string, burst: Burst) => void) {
    this.#report = report;
  }

  /** @param key Of low cardinality: each is reported by itself. */
  add(key: string, first: Burst['first']): void {
    const burst = this.#counts.get(key);
    if (burst) burst.count += 1;
    else this.#counts.set(key, { count: 1, first });
    this.#timer ??= setTimeout(() => this.flush(), intervalMs).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [key, burst] of this.#counts) this.#report(key, burst);
    this.#counts.clear();
  }
}

const intervalMs = 1000;
