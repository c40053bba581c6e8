/**
 * Requests that wait for the shared store, the oldest first. Few of them ever wait for one that is slow: as soon as the
 * oldest has waited `lateMs`, all but the `lateRequestsMax` oldest are answered without the store, and so are new ones
 * until the store answers.
 */

import type { LimitCheck, LimitDecision } from '../check.ts';

export interface WaitingRequest {
  readonly checks: readonly LimitCheck[];
  readonly answer: (decision: LimitDecision) => void;
}

/**
 * Turns of the event loop that pass before the store is late: a process that is busy for a while has not even sent its
 * questions.
 */
const lateTurns = 3;

export interface WaitingOptions {
  readonly lateMs: number;
  readonly answerWithoutStore: (checks: readonly LimitCheck[]) => LimitDecision;
}

const lateRequestsMax = 20;
const waitingMax = 10_000;

export class WaitingRequests {
  readonly #options: WaitingOptions;
  /** With the turn in which each began to wait. */
  readonly #requests = new Map<WaitingRequest, number>();
  #turn = 0;
  #isLate = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WaitingOptions) {
    this.#options = options;
  }

  /** Whether one more has to be answered without the store. */
  get isClosed(): boolean {
    return this.#isLate || this.#requests.size >= waitingMax;
  }

  add(request: WaitingRequest): void {
    this.#requests.set(request, this.#turn);
    if (this.#timer === undefined) this.#watch();
  }

  /** The store has answered it. @returns false: it no longer waits. */
  delete(request: WaitingRequest): boolean {
    this.#isLate = false;
    return this.#requests.delete(request);
  }

  /** Answers all but the oldest without the store. */
  answerWithoutStore(except: number): void {
    let kept = 0;
    for (const request of this.#requests.keys()) {
      if (kept++ < except) continue;
      this.#requests.delete(request);
      request.answer(this.#options.answerWithoutStore(request.checks));
    }
    if (this.#requests.size === 0) this.#isLate = false;
  }

  #watch(): void {
    // What has arrived by then is read before the look.
    const look = (): void => void setImmediate(() => this.#look());
    this.#timer = setTimeout(look, this.#options.lateMs / lateTurns);
    this.#timer.unref();
  }

  #look(): void {
    this.#timer = undefined;
    this.#turn += 1;
    const [oldest] = this.#requests.values();
    if (oldest === undefined) return;
    if (this.#turn - oldest > lateTurns) {
      this.#isLate = true;
      this.answerWithoutStore(lateRequestsMax);
    }
    this.#watch();
  }
}
