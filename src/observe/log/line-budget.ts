/**
 * Limits how many lines of one kind are written a second, and counts those that are left out. The first line of each code
 * is written in any case, so that many of one code hide no other.
 */

export interface LinesLeftOut {
  readonly lines: number;
  readonly codes: ReadonlyArray<{ readonly code: string; readonly lines: number }>;
}

/** Codes that are counted by themselves, and whose first line is written. */
const codesMax = 50;
const intervalMs = 1000;

export class LineBudget {
  readonly #linesMax: number;
  readonly #report: (leftOut: LinesLeftOut) => void;
  readonly #leftOut = new Map<string, number>();
  readonly #codes = new Set<string>();
  #written = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param linesPerSecondMax The first lines of codes count, and may exceed it. 0: none is written, all are counted. */
  constructor(linesPerSecondMax: number, report: (leftOut: LinesLeftOut) => void) {
    this.#linesMax = linesPerSecondMax;
    this.#report = report;
  }

  /**
   * @param code What the line is counted by if it is left out.
   * @returns Whether it may be written.
   */
  take(code: string): boolean {
    this.#timer ??= setTimeout(() => this.flush(), intervalMs).unref();
    const isFirst = this.#linesMax > 0 && this.#codes.size < codesMax && !this.#codes.has(code);
    if (isFirst) this.#codes.add(code);
    if (isFirst || this.#written < this.#linesMax) {
      this.#written += 1;
      return true;
    }
    this.leaveOut(code);
    return false;
  }

  /** Counts a line that is left out for another reason. */
  leaveOut(code: string): void {
    this.#timer ??= setTimeout(() => this.flush(), intervalMs).unref();
    const counted = this.#leftOut.has(code) || this.#leftOut.size < codesMax ? code : 'other';
    this.#leftOut.set(counted, (this.#leftOut.get(counted) ?? 0) + 1);
  }

  /** Reports what was left out, and begins another second. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#written = 0;
    this.#codes.clear();
    if (this.#leftOut.size === 0) return;
    const codes = Array.from(this.#leftOut, ([code, lines]) => ({ code, lines }));
    this.#leftOut.clear();
    this.#report({ lines: codes.reduce((sum, { lines }) => sum + lines, 0), codes });
  }
}
