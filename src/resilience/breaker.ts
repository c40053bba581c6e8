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

type State = Closed | Open | HalfOpen;
export type BreakerState = State['is'];
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

/** How a call ended, and from when to when it was the service's. */
export interface EndedCall {
  readonly outcome: Outcome;
  readonly sentAtMs: number;
  readonly endedAtMs: number;
}

interface Closed {
  readonly is: 'closed';
  readonly window: CountingWindow;
  /** In a row. */
  connectErrors: number;
}

interface Open {
  readonly is: 'open';
  readonly untilMs: number;
  /** Since it was last closed. */
  readonly openings: number;
}

interface HalfOpen {
  readonly is: 'half-open';
  readonly openings: number;
  /** Under way. */
  probes: number;
  successes: number;
}

/** What `enter` says when the call must not be made. */
export const noPermit = -1;

export class Breaker {
  readonly #options: BreakerOptions;
  readonly #parts: BreakerParts;
  #state: State = newlyClosed();
  /** Of the present state: permits of others are old. */
  #generation = 0;

  constructor(options: BreakerOptions, parts: BreakerParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Of the automaton; the option `mode` may override it. */
  get state(): BreakerState {
    return this.#state.is;
  }

  /** What was counted so far was the fault of something that gets no more calls. */
  forgive(): void {
    if (this.#state.is === 'closed') this.#state = newlyClosed();
  }

  /** @returns A permit for `leave`, or `noPermit`: refuse the call. */
  enter(nowMs: number): number {
    const state = this.#state;
    if (state.is === 'closed') return this.#options.mode === 'open' ? noPermit : this.#generation;
    if (state.is === 'half-open') return this.#beginProbe(state);
    if (nowMs < state.untilMs) return noPermit;
    const { openings } = state;
    const halfOpen: HalfOpen = { is: 'half-open', openings, probes: 0, successes: 0 };
    this.#become(halfOpen, 'time');
    return this.#beginProbe(halfOpen);
  }

  /** Whether `enter` would give a permit: changes nothing. */
  admits(nowMs: number): boolean {
    const { mode, halfOpenPermits } = this.#options;
    if (mode !== 'auto') return mode === 'disabled';
    const state = this.#state;
    if (state.is === 'closed') return true;
    return state.is === 'open' ? nowMs >= state.untilMs : state.probes < halfOpenPermits;
  }

  /** Every permit comes back once, whatever became of the call. */
  leave(permit: number, call: EndedCall): void {
    if (permit !== this.#generation || this.#options.mode !== 'auto') return;
    const state = this.#state;
    const says = call.outcome !== 'cancelled' && call.outcome !== 'refused';
    if (state.is === 'half-open') {
      if (says) this.#settleProbe(state, call);
      // It proved nothing: another call may be the probe.
      else state.probes -= 1;
    } else if (state.is === 'closed' && says) this.#count(state, call);
  }

  /** Whole seconds until another call may be let through, at least 1. */
  retryAfterSeconds(nowMs: number): number {
    const untilMs = this.#state.is === 'open' ? this.#state.untilMs : nowMs;
    return Math.max(1, Math.ceil((untilMs - nowMs) / 1000));
  }

  #beginProbe(state: HalfOpen): number {
    if (state.probes >= this.#options.halfOpenPermits) return noPermit;
    state.probes += 1;
    return this.#generation;
  }

  #count(state: Closed, call: EndedCall): void {
    const { minimumCalls, failureRatePercent, slowRatePercent, connectErrorsMax } = this.#options;
    const { window } = state;
    const nowMs = call.endedAtMs;
    window.add(nowMs, isFailure(call.outcome), this.#isSlow(call));
    state.connectErrors = call.outcome === 'connect' ? state.connectErrors + 1 : 0;
    if (state.connectErrors >= connectErrorsMax) {
      this.#open('connect', nowMs, 0);
    } else if (window.calls >= minimumCalls) {
      if (window.failures * 100 >= failureRatePercent * window.calls) this.#open('failures', nowMs, 0);
      else if (window.slow * 100 >= slowRatePercent * window.calls) this.#open('slow', nowMs, 0);
    }
  }

  /** A slow probe counts as a failed one: closing would bring back what opened it. */
  #settleProbe(state: HalfOpen, call: EndedCall): void {
    if (isFailure(call.outcome) || this.#isSlow(call)) {
      this.#open('probe failed', call.endedAtMs, state.openings);
    } else {
      state.successes += 1;
      if (state.successes >= this.#options.halfOpenPermits) this.#become(newlyClosed(), 'probes succeeded');
    }
  }

  #isSlow({ sentAtMs, endedAtMs }: EndedCall): boolean {
    return endedAtMs - sentAtMs >= this.#options.slowMs;
  }

  /** @param before Openings since it was last closed. */
  #open(reason: BreakerReason, nowMs: number, before: number): void {
    const { openMs, openMaxMs, openJitterPercent } = this.#options;
    const grown = Math.min(openMaxMs, openMs * 2 ** before);
    const lasts = grown * (1 + (openJitterPercent / 100) * (2 * this.#parts.random() - 1));
    this.#become({ is: 'open', untilMs: nowMs + lasts, openings: before + 1 }, reason, lasts);
  }

  #become(next: State, reason: BreakerReason, openMs = 0): void {
    const from = this.#state.is;
    this.#state = next;
    this.#generation += 1;
    this.#parts.onChange?.({ from, to: next.is, reason, openMs });
  }
}

function newlyClosed(): Closed {
  return { is: 'closed', window: new CountingWindow(), connectErrors: 0 };
}
