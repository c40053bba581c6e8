/**
 * A second try while the first is still under way, once it takes longer than most calls of the service do. The first
 * answer counts and the other try is cancelled. Queries only; off by default; from the budget of the retries.
 */

import { Cancellation } from '../shared/cancellation.ts';
import type { Clock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import { nextTry, type Call, type CallContext } from './call.ts';
import type { RetryBudget } from './retry-budget.ts';

export interface HedgeOptions {
  /** The second try begins when the first has taken longer than this share of the last calls. */
  readonly percentile: number;
  /** Never sooner than this. */
  readonly afterMinMs: number;
}

export interface HedgeParts {
  readonly latencies: Latencies;
  readonly budget: RetryBudget;
  readonly clock: Clock;
  readonly onHedge: (call: CallContext, afterMs: number) => void;
}

const kept = 256;
const neededMin = 20;
const countedEvery = 32;

/** How long the last answered calls took. */
export class Latencies {
  readonly #percentile: number;
  readonly #last = new Float64Array(kept);
  #count = 0;
  #value = Number.POSITIVE_INFINITY;

  constructor(percentile: number) {
    this.#percentile = percentile;
  }

  /** Infinite until enough calls were seen. */
  get valueMs(): number {
    return this.#value;
  }

  add(ms: number): void {
    this.#last[this.#count % kept] = ms;
    this.#count += 1;
    if (this.#count < neededMin) return;
    // Sorting is not for each call.
    if (this.#count > neededMin && this.#count % countedEvery !== 0) return;
    const sorted = this.#last.slice(0, Math.min(this.#count, kept)).toSorted();
    this.#value =
      sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * this.#percentile) / 100))] ?? 0;
  }
}

const lost = new GatewayError('CANCELLED', 'Another try of this call was faster');

export function withHedging<Request, Answer>(
  next: Call<Request, Answer>,
  { afterMinMs }: HedgeOptions,
  { latencies, budget, clock, onHedge }: HedgeParts,
): Call<Request, Answer> {
  return (request, call) => {
    const startedAtMs = clock();
    const afterMs = Math.max(afterMinMs, latencies.valueMs);
    const note = (): void => latencies.add(clock() - startedAtMs);
    if (call.kind !== 'query' || startedAtMs + afterMs >= call.deadlineAtMs) {
      const only = next(request, call);
      only.then(note, () => undefined);
      return only;
    }
    return new Promise<Answer>((resolve, reject) => {
      const race = new Race(call, resolve, reject);
      const timer = setTimeout(() => {
        if (race.isOver || !budget.take(clock())) return;
        onHedge(call, afterMs);
        race.run((second) => next(request, second), nextTry(race.first, new Cancellation()));
      }, afterMs);
      race.onOver = (isAnswered) => {
        clearTimeout(timer);
        if (isAnswered) note();
      };
      race.run((first) => next(request, first), race.first);
    });
  };
}

/** Tries of one call: the first answer wins, a failure counts only when no other try is left. */
class Race<Answer> {
  readonly first: CallContext;
  isOver = false;
  onOver: (isAnswered: boolean) => void = () => undefined;
  readonly #call: CallContext;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: Error) => void;
  readonly #running = new Set<CallContext>();
  readonly #onCancel = (reason: GatewayError): void => {
    for (const one of this.#running) one.cancellation.cancel(reason);
  };

  constructor(call: CallContext, resolve: (answer: Answer) => void, reject: (error: Error) => void) {
    this.#call = call;
    this.#resolve = resolve;
    this.#reject = reject;
    this.first = { ...call, cancellation: new Cancellation() };
  }

  run(send: (one: CallContext) => Promise<Answer>, one: CallContext): void {
    this.#running.add(one);
    if (this.#running.size === 1) this.#call.cancellation.on(this.#onCancel);
    send(one).then(
      (answer) => {
        this.#end(one, true);
        this.#resolve(answer);
        for (const other of this.#running) other.cancellation.cancel(lost);
      },
      (error: Error) => {
        this.#running.delete(one);
        if (this.isOver || this.#running.size > 0) return;
        this.#end(one, false);
        this.#reject(error);
      },
    );
  }

  #end(one: CallContext, isAnswered: boolean): void {
    this.#running.delete(one);
    if (this.isOver) return;
    this.isOver = true;
    this.#call.endpoint = one.endpoint;
    this.#call.cancellation.off(this.#onCancel);
    this.onOver(isAnswered);
  }
}
