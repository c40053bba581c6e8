/**
 * A circuit breaker: while a service fails, calls are refused at once instead of waiting for it one by one.
 *
 *     closed --too many failed or slow--> open --time is up--> half-open --enough successes--> closed
 *                                          ^-------------any failure---------'
 *
 * Pure: the clock's reading and random numbers come in. A permit is the number of the state it was given in, so what
 * comes back from an earlier state is known to be old and changes nothing.
 */

import { isFailure, type Outcome } from './outcome.ts';
import { CountingWindow } from './window.ts';

export interface BreakerOptions {
  /** `auto`: by what happens. `open`: refuses every call. `disabled`: refuses none. */
  readonly mode: 'auto' | 'open' | 'disabled';
  /** Calls of the last 10 s, before which nothing is decided. */
  readonly minimumCalls: number;
  /** Failed calls, of all, that open it. */
  readonly failureRatePercent: number;
  /** Slow calls, of all, that open it. */
  readonly slowRatePercent: number;
  /** A call this long is slow. */
  readonly slowMs: number;
  /** Calls in a row without a connection that open it, however few there were. */
  readonly connectErrorsMax: number;
  /** How long it stays open the first time; doubled each time that a probe fails. */
  readonly openMs: number;
  readonly openMaxMs: number;
  /** The open time varies by so much in both directions, so that many gateways do not come back at once. */
  readonly openJitterPercent: number;
  /** Calls let through at a time while half-open, and how many must succeed to close it. */
  readonly halfOpenPermits: number;
}

export type BreakerState = 'closed' | 'open' | 'half-open';
export type BreakerReason = 'failures' | 'slow' | 'connect' | 'probe failed' | 'time' | 'probes succeeded';

export interface BreakerChange {
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly reason: BreakerReason;
  /** How long it stays open; 0 for other states. */
  readonly openMs: number;
}

export interface BreakerParts {
  /** 0 to 1. */
  readonly random: () => number;
  readonly onChange?: (change: BreakerChange) => void;
}

/** What `enter` says when the call must not be made. */
export const noPermit = -1;

export class Breaker {
  readonly #options: BreakerOptions;
  readonly #parts: BreakerParts;
  readonly #window = new CountingWindow();
  #mode: BreakerOptions['mode'];
  #state: BreakerState = 'closed';
  /** Of the present state: permits of others are old. */
  #generation = 0;
  #connectErrors = 0;
  #openUntilMs = 0;
  /** Openings since it was last closed. */
  #openings = 0;
  #probes = 0;
  #successes = 0;

  constructor(options: BreakerOptions, parts: BreakerParts) {
    this.#options = options;
    this.#parts = parts;
    this.#mode = options.mode;
  }

  /** Of the automaton; `mode` may override it. */
  get state(): BreakerState {
    return this.#state;
  }

  get mode(): BreakerOptions['mode'] {
    return this.#mode;
  }

  /** By hand: what is under way then counts no more. */
  force(mode: BreakerOptions['mode']): void {
    this.#mode = mode;
    this.#generation += 1;
    this.#reset();
    this.#openings = 0;
    this.#state = 'closed';
  }

  /** What was counted so far was the fault of something that gets no more calls. */
  forgive(): void {
    if (this.#state !== 'closed') return;
    this.#window.clear();
    this.#connectErrors = 0;
  }

  /** @returns A permit for `leave`, or `noPermit`: refuse the call. */
  enter(nowMs: number): number {
    if (this.#state === 'closed') return this.#mode === 'open' ? noPermit : this.#generation;
    if (this.#state === 'open') {
      if (nowMs < this.#openUntilMs) return noPermit;
      this.#become('half-open', 'time', 0);
    }
    if (this.#probes >= this.#options.halfOpenPermits) return noPermit;
    this.#probes += 1;
    return this.#generation;
  }

  /** Whether `enter` would give a permit: changes nothing. */
  admits(nowMs: number): boolean {
    if (this.#mode !== 'auto') return this.#mode === 'disabled';
    if (this.#state === 'closed') return true;
    if (this.#state === 'open') return nowMs >= this.#openUntilMs;
    return this.#probes < this.#options.halfOpenPermits;
  }

  /** Every permit comes back once, whatever became of the call. */
  leave(permit: number, outcome: Outcome, startedAtMs: number, nowMs: number): void {
    if (permit !== this.#generation || this.#mode !== 'auto') return;
    const says = outcome !== 'cancelled' && outcome !== 'refused';
    if (this.#state === 'half-open') this.#settleProbe(says, outcome, startedAtMs, nowMs);
    else if (says) this.#count(outcome, startedAtMs, nowMs);
  }

  /** Whole seconds until another call may be let through, at least 1. */
  retryAfterSeconds(nowMs: number): number {
    return Math.max(1, Math.ceil((this.#openUntilMs - nowMs) / 1000));
  }

  #count(outcome: Outcome, startedAtMs: number, nowMs: number): void {
    const { minimumCalls, failureRatePercent, slowRatePercent, slowMs, connectErrorsMax } = this.#options;
    const window = this.#window;
    window.add(nowMs, isFailure(outcome), nowMs - startedAtMs >= slowMs);
    this.#connectErrors = outcome === 'connect' ? this.#connectErrors + 1 : 0;
    if (this.#connectErrors >= connectErrorsMax) {
      this.#open('connect', nowMs);
    } else if (window.calls >= minimumCalls) {
      if (window.failures * 100 >= failureRatePercent * window.calls) this.#open('failures', nowMs);
      else if (window.slow * 100 >= slowRatePercent * window.calls) this.#open('slow', nowMs);
    }
  }

  /** A slow probe counts as a failed one: closing would bring back what opened it. */
  #settleProbe(says: boolean, outcome: Outcome, startedAtMs: number, nowMs: number): void {
    if (!says) {
      // It proved nothing: another call may be the probe.
      this.#probes -= 1;
    } else if (isFailure(outcome) || nowMs - startedAtMs >= this.#options.slowMs) {
      this.#open('probe failed', nowMs);
    } else {
      this.#successes += 1;
      if (this.#successes < this.#options.halfOpenPermits) return;
      this.#openings = 0;
      this.#become('closed', 'probes succeeded', 0);
    }
  }

  #open(reason: BreakerReason, nowMs: number): void {
    const { openMs, openMaxMs, openJitterPercent } = this.#options;
    const grown = Math.min(openMaxMs, openMs * 2 ** this.#openings);
    const lasts = grown * (1 + (openJitterPercent / 100) * (2 * this.#parts.random() - 1));
    this.#openings += 1;
    this.#openUntilMs = nowMs + lasts;
    this.#become('open', reason, lasts);
  }

  #become(to: BreakerState, reason: BreakerReason, openMs: number): void {
    const from = this.#state;
    this.#state = to;
    this.#generation += 1;
    this.#reset();
    this.#parts.onChange?.({ from, to, reason, openMs });
  }

  #reset(): void {
    this.#window.clear();
    this.#connectErrors = 0;
    this.#probes = 0;
    this.#successes = 0;
  }
}
