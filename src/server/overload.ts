/**
 * Overload detection: the event loop lags repeatedly, or the heap is nearly full. Then requests are refused on arrival,
 * queries first, mutations last; health checks are exempt.
 *
 * Pure: measurements are passed in.
 */

/** 0: not overloaded. 1: queries are refused. 2: all requests are. */
export type OverloadLevel = 0 | 1 | 2;

export interface OverloadLimits {
  /** Event loop lag that makes level 1, in ms; twice that makes level 2. */
  readonly lagMsMax: number;
  /** Used share of the heap limit, 0 to 1, that makes level 1; half way from there to 1 makes level 2. */
  readonly heapShareMax: number;
}

export interface Measured {
  readonly lagMs: number;
  readonly heapShare: number;
}

/** Consecutive lagging measurements: a single one may be a pause of the garbage collector. */
const laggingSamplesMin = 3;
/** Overload ends once both measurements are below this share of their limits. */
const recoveredBelow = 0.9;
/** Beyond this share of `heapShareMax`, connections are closed after their response. */
const closeConnectionsAbove = 0.92;

export class Overload {
  readonly #limits: OverloadLimits;
  #laggingSamples = 0;
  #level: OverloadLevel = 0;
  #closesConnections = false;

  constructor(limits: OverloadLimits) {
    this.#limits = limits;
  }

  get level(): OverloadLevel {
    return this.#level;
  }

  /** Connections are to be closed, so that clients reconnect to another instance. */
  get closesConnections(): boolean {
    return this.#closesConnections;
  }

  /** @returns Whether the level changed. */
  update({ lagMs, heapShare }: Measured): boolean {
    const { lagMsMax, heapShareMax } = this.#limits;
    this.#laggingSamples = lagMs > lagMsMax ? this.#laggingSamples + 1 : 0;
    this.#closesConnections = heapShare > heapShareMax * closeConnectionsAbove;
    const previous = this.#level;
    const measured = this.#measuredLevel(lagMs, heapShare);
    const hasRecovered = lagMs < lagMsMax * recoveredBelow && heapShare < heapShareMax * recoveredBelow;
    if (measured > previous || hasRecovered) this.#level = measured;
    return this.#level !== previous;
  }

  #measuredLevel(lagMs: number, heapShare: number): OverloadLevel {
    const { lagMsMax, heapShareMax } = this.#limits;
    const isLagging = this.#laggingSamples >= laggingSamplesMin;
    if ((isLagging && lagMs > 2 * lagMsMax) || heapShare > (1 + heapShareMax) / 2) return 2;
    return isLagging || heapShare > heapShareMax ? 1 : 0;
  }
}
