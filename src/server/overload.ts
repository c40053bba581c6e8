/**
 * Whether this process has more to do than it can: its event loop is late again and again, or its heap is nearly full.
 * Then requests are refused at the door, queries first, mutations last; health checks do not come here.
 *
 * Pure: it is told what was measured.
 */

/** 0: all is well. 1: queries are refused. 2: everything is. */
export type OverloadLevel = 0 | 1 | 2;

export interface OverloadLimits {
  /** How late the event loop may be, in ms. Twice that: level 2. */
  readonly lagMsMax: number;
  /** Share of the heap's limit, 0 to 1, that may be in use. Half way from there to 1: level 2. */
  readonly heapShareMax: number;
}

export interface Measured {
  readonly lagMs: number;
  readonly heapShare: number;
}

/** So many looks in a row must find the loop late: one may fall into a pause of the garbage collector. */
const lateLooksMin = 3;
/** It is over when both are below this share of their limits. */
const calmBelow = 0.9;
/** From this share of the heap's limit on, connections are closed after their answer. */
const closingFrom = 0.92;

export class Overload {
  readonly #limits: OverloadLimits;
  #lateLooks = 0;
  #level: OverloadLevel = 0;
  #closesConnections = false;

  constructor(limits: OverloadLimits) {
    this.#limits = limits;
  }

  get level(): OverloadLevel {
    return this.#level;
  }

  /** Clients shall come back over a connection to another instance. */
  get closesConnections(): boolean {
    return this.#closesConnections;
  }

  /** @returns Whether the level is another than before. */
  look({ lagMs, heapShare }: Measured): boolean {
    const { lagMsMax, heapShareMax } = this.#limits;
    this.#lateLooks = lagMs > lagMsMax ? this.#lateLooks + 1 : 0;
    this.#closesConnections = heapShare > heapShareMax * closingFrom;
    const before = this.#level;
    const found = this.#found(lagMs, heapShare);
    const isCalm = lagMs < lagMsMax * calmBelow && heapShare < heapShareMax * calmBelow;
    if (found > before || isCalm) this.#level = found;
    return this.#level !== before;
  }

  #found(lagMs: number, heapShare: number): OverloadLevel {
    const { lagMsMax, heapShareMax } = this.#limits;
    const isLate = this.#lateLooks >= lateLooksMin;
    if ((isLate && lagMs > 2 * lagMsMax) || heapShare > (1 + heapShareMax) / 2) return 2;
    return isLate || heapShare > heapShareMax ? 1 : 0;
  }
}
