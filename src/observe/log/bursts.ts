/** Aggregates frequent events: counts them by kind, and reports each kind once a second at most. */

export interface Burst<First> {
  readonly count: number;
  /** What is logged of the first of them. */
  readonly first: First;
  /** It is of several kinds: those beyond `kindsMax`. */
  readonly isMixed: boolean;
}

export class Bursts<First> {
  readonly #counts = new Map<string, { count: number; readonly first: First; readonly isMixed: boolean }>();
  readonly #report: (burst: Burst<First>) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(report: (burst: Burst<First>) => void) {
    this.#report = report;
  }

  /** @param firstOf Called for the first event of its kind within a second. */
  add(kind: string, firstOf: () => First): void {
    const burst = this.#counts.get(kind);
    if (burst) burst.count += 1;
    else if (this.#counts.size < kindsMax) this.#start(kind, firstOf, false);
    else this.#addMixed(firstOf);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const burst of this.#counts.values()) this.#report(burst);
    this.#counts.clear();
  }

  #addMixed(firstOf: () => First): void {
    const burst = this.#counts.get(mixedKind);
    if (burst) burst.count += 1;
    else this.#start(mixedKind, firstOf, true);
  }

  #start(kind: string, firstOf: () => First, isMixed: boolean): void {
    this.#counts.set(kind, { count: 1, first: firstOf(), isMixed });
    this.#timer ??= setTimeout(() => this.flush(), intervalMs).unref();
  }
}

const intervalMs = 1000;
/** A second, because services choose some kinds, such as codes of errors. */
const kindsMax = 50;
/** No other kind is empty. */
const mixedKind = '';
