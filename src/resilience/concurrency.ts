/**
 * How many calls a service has under way: a limit that grows by one for each round of answers while it is used, and
 * shrinks by a tenth when the service fails or does not answer in time. More calls wait in a bounded queue, mutations
 * before queries, each no longer than it may.
 */

import type { GatewayError } from '../shared/errors.ts';
import type { Clock } from '../shared/clock.ts';
import { whenOver, type Call, type CallContext } from './call.ts';
import type { Outcome } from './outcome.ts';
import { deadlinePassed, queueFull } from './refusals.ts';

export interface ConcurrencyOptions {
  /** Calls under way at once: at first, at least and at most. */
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  /** Calls waiting. One more is refused. */
  readonly queueMax: number;
  /** How long a call may wait; its deadline may be sooner. */
  readonly queueMs: number;
}

const shrinkBy = 0.9;

export interface ConcurrencyParts {
  readonly service: string;
  readonly clock: Clock;
  /** A call was refused because too many were waiting, or because it had waited too long. */
  readonly onRefused: (reason: 'queue full' | 'queue wait') => void;
}

interface Waiting {
  readonly start: () => void;
  readonly fail: (error: GatewayError) => void;
}

export class ConcurrencyLimit {
  readonly #options: ConcurrencyOptions;
  readonly #parts: ConcurrencyParts;
  readonly #mutations = new Set<Waiting>();
  readonly #queries = new Set<Waiting>();
  #limit: number;
  #underWay = 0;
  #shrunkAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: ConcurrencyOptions, parts: ConcurrencyParts) {
    this.#options = options;
    this.#parts = parts;
    this.#limit = Math.min(options.initial, options.max);
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  get underWay(): number {
    return this.#underWay;
  }

  get waiting(): number {
    return this.#mutations.size + this.#queries.size;
  }

  /** @returns undefined where the call may start now; otherwise what to wait for. Pair with `leave` once it started. */
  enter(call: CallContext): Promise<void> | undefined {
    if (this.#underWay < this.limit) {
      this.#underWay += 1;
      return undefined;
    }
    return this.#wait(call);
  }

  leave(outcome: Outcome, sentAtMs: number, endedAtMs: number): void {
    if (outcome === 'answered') {
      if (this.#underWay * 2 >= this.#limit) {
        this.#limit = Math.min(this.#options.max, this.#limit + 1 / this.#limit);
      }
    } else if (isDrop(outcome) && sentAtMs >= this.#shrunkAtMs) {
      // Once for all calls of one round: those sent before the last time are the same trouble.
      this.#limit = Math.min(this.#options.max, Math.max(this.#options.min, this.#limit * shrinkBy));
      this.#shrunkAtMs = endedAtMs;
    }
    this.#underWay -= 1;
    this.#startWaiting();
  }

  /** Refuses all that wait: the service is known to be down. */
  refuseWaiting(error: GatewayError): void {
    for (const waiting of [...this.#mutations, ...this.#queries]) waiting.fail(error);
  }

  #startWaiting(): void {
    while (this.#underWay < this.limit) {
      const [next] = this.#mutations.size > 0 ? this.#mutations : this.#queries;
      if (!next) return;
      this.#underWay += 1;
      next.start();
    }
  }

  #wait(call: CallContext): Promise<void> {
    const { service, clock, onRefused } = this.#parts;
    if (this.waiting >= this.#options.queueMax) {
      onRefused('queue full');
      return Promise.reject(queueFull(service));
    }
    const queue = call.kind === 'mutation' ? this.#mutations : this.#queries;
    const leftMs = call.deadlineAtMs - clock();
    const isDeadline = leftMs <= this.#options.queueMs;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        queue.delete(waiting);
        clearTimeout(timer);
        call.cancellation.off(fail);
      };
      const fail = (error: GatewayError): void => {
        settle();
        reject(error);
      };
      const waiting: Waiting = {
        start: () => {
          settle();
          resolve();
        },
        fail,
      };
      const timer = setTimeout(
        () => {
          onRefused('queue wait');
          fail(isDeadline ? deadlinePassed(service) : queueFull(service));
        },
        Math.min(leftMs, this.#options.queueMs),
      );
      queue.add(waiting);
      call.cancellation.on(fail);
    });
  }
}

/** Signs that the service has too much to do, or is gone. */
function isDrop(outcome: Outcome): boolean {
  return outcome === 'timeout' || outcome === 'server-error' || outcome === 'connect' || outcome === 'busy';
}

export function withLimit<Request, Answer>(
  next: Call<Request, Answer>,
  limit: ConcurrencyLimit,
): Call<Request, Answer> {
  const run: Call<Request, Answer> = (request, call) => {
    const answer = next(request, call);
    const settle = (): void => limit.leave(call.outcome, call.sentAtMs, call.endedAtMs);
    answer.then(() => whenOver(call, settle), settle);
    return answer;
  };
  return (request, call) => {
    const wait = limit.enter(call);
    return wait ? wait.then(() => run(request, call)) : run(request, call);
  };
}
