/**
 * Adaptive concurrency limit. While the event loop is saturated, more concurrent requests only mean more live data for
 * the garbage collector to copy, so the limit is low; while the process waits for slow services, the limit rises.
 *
 * If the process is overloaded nonetheless, requests are refused at once, see `overload.ts`.
 * Requests queue in order, before their body is parsed; health checks are exempt. A request that waits for the planner
 * gives up its slot meanwhile, and comes before the queue when it returns.
 */

import { getHeapStatistics } from 'node:v8';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Admission as AdmissionStage, Aside, WaitingRequest } from '../pipeline/stages.ts';
import { type Clock, monotonicClock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import { type Measured, Overload, type OverloadLevel } from './overload.ts';

export interface AdmissionOptions {
  /** Also the initial limit. */
  readonly limitMin: number;
  readonly limitMax: number;
  /** Queued requests; one more is refused with `OVERLOADED`. */
  readonly queueMax: number;
  /** Longest wait, in ms. */
  readonly waitTimeoutMs: number;
  /** Share of the time since the last call that the thread was busy: 0 to 1. */
  readonly utilization: () => number;
  readonly overload: Overload;
  /** Share of the heap's limit that is in use: 0 to 1. */
  readonly heapShare: () => number;
  readonly now: Clock;
  readonly onOverload: (level: OverloadLevel, measured: Measured) => void;
}

/** Interval between two measurements. */
const adjustEveryMs = 50;
const busyAbove = 0.95;
const idleBelow = 0.8;
/** Consecutive idle measurements before the limit rises: a single one may fall between two requests. */
const idleSamplesMin = 3;

interface QueuedRequest {
  readonly admit: () => void;
}

export class Admission implements AdmissionStage {
  readonly #options: AdmissionOptions;
  readonly #queue = new Set<QueuedRequest>();
  /** Admitted before, and waiting to get a slot again. */
  readonly #returning = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;
  #limit: number;
  #running = 0;
  #idleSamples = 0;
  #measuredAtMs: number;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#limit = options.limitMin;
    this.#measuredAtMs = options.now();
    this.#timer = setInterval(() => {
      this.#checkOverload();
      this.adjust();
    }, adjustEveryMs);
    this.#timer.unref();
  }

  /** Requests that are executed now. */
  get running(): number {
    return this.#running;
  }

  /** Requests that wait for a slot. */
  get queued(): number {
    return this.#queue.size + this.#returning.size;
  }

  get limit(): number {
    return this.#limit;
  }

  /** The heap is nearly full: connections are closed, so that clients reconnect to another instance. */
  get closesConnections(): boolean {
    return this.#options.overload.closesConnections;
  }

  /**
   * @param mayChangeData Called only under overload: mutations are refused last.
   * @returns undefined if the request is admitted at once. Call `leave` when it is done.
   * @throws {GatewayError} `OVERLOADED`, at once or after the wait, and `CANCELLED`: then do not call `leave`.
   */
  enter(request: WaitingRequest, mayChangeData: () => boolean): Promise<void> | undefined {
    const { level } = this.#options.overload;
    if (level === 2 || (level === 1 && !mayChangeData())) throw overloaded();
    if (this.#running < this.#limit) {
      this.#running += 1;
      return undefined;
    }
    if (this.#queue.size >= this.#options.queueMax) throw overloaded();
    return this.#wait(request);
  }

  /** Until its own deadline, and as long as its client is there: it must not keep the place of others. */
  #wait({ deadlineAtMs, cancellation }: WaitingRequest): Promise<void> {
    const { waitTimeoutMs, now } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const refuse = (reason: GatewayError): void => {
      this.#queue.delete(queued);
      settle();
      reject(reason);
    };
    const timer = setTimeout(() => refuse(overloaded()), Math.min(waitTimeoutMs, deadlineAtMs - now()));
    const settle = (): void => {
      clearTimeout(timer);
      cancellation.off(refuse);
    };
    const queued: QueuedRequest = {
      admit() {
        settle();
        resolve();
      },
    };
    this.#queue.add(queued);
    cancellation.on(refuse);
    return promise;
  }

  leave(): void {
    this.#running -= 1;
    this.#admitQueued();
  }

  /** Frees the slot of an admitted request while it waits for `wait`. */
  readonly aside: Aside = async (request, wait) => {
    this.leave();
    try {
      return await wait;
    } finally {
      await this.#return(request);
    }
  };

  /** Adapts the limit to the utilization. Called periodically; public for tests. */
  adjust(): void {
    const utilization = this.#options.utilization();
    const { limitMin, limitMax } = this.#options;
    this.#idleSamples = utilization < idleBelow && this.queued > 0 ? this.#idleSamples + 1 : 0;
    if (utilization > busyAbove) this.#limit = Math.max(limitMin, Math.floor(this.#limit * 0.9));
    else if (this.#idleSamples >= idleSamplesMin && this.#options.overload.level === 0)
      this.#limit = Math.min(limitMax, Math.ceil(this.#limit * 1.5));
    // Also those that an overload held back.
    this.#admitQueued();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #checkOverload(): void {
    const { overload, heapShare, now, onOverload } = this.#options;
    const nowMs = now();
    const measured = { lagMs: nowMs - this.#measuredAtMs - adjustEveryMs, heapShare: heapShare() };
    this.#measuredAtMs = nowMs;
    if (overload.update(measured)) onOverload(overload.level, measured);
  }

  /** At its deadline, or once its client has gone, it returns without a slot being free: all it does then is to end. */
  #return({ deadlineAtMs, cancellation }: WaitingRequest): Promise<void> | undefined {
    if (this.#running < this.#limit || cancellation.reason) {
      this.#running += 1;
      return undefined;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const take = (): void => {
      clearTimeout(timer);
      cancellation.off(take);
      this.#returning.delete(take);
      this.#running += 1;
      resolve();
    };
    const timer = setTimeout(take, deadlineAtMs - this.#options.now());
    this.#returning.add(take);
    cancellation.on(take);
    return promise;
  }

  #admitQueued(): void {
    for (const take of this.#returning) {
      if (this.#running >= this.#limit) return;
      take();
    }
    for (const queued of this.#queue) {
      if (this.#running >= this.#limit || this.#options.overload.level === 2) return;
      this.#queue.delete(queued);
      this.#running += 1;
      queued.admit();
    }
  }
}

export function createAdmission({ admission, timeouts }: GatewayConfig, events: Events): Admission {
  const created = new Admission({
    limitMin: admission.concurrencyMin,
    limitMax: Math.max(admission.concurrencyMin, admission.concurrencyMax),
    queueMax: admission.queueMax,
    waitTimeoutMs: timeouts.requestMs,
    utilization: loopUtilization(),
    overload: new Overload({ lagMsMax: admission.lagMsMax, heapShareMax: admission.heapPercentMax / 100 }),
    heapShare,
    now: monotonicClock,
    onOverload: (level, measured) => events.emit('overloadChanged', { level, ...measured }),
  });
  events.readings.offer('requestsExecuting', () => [[created.running]]);
  events.readings.offer('requestsQueued', () => [[created.queued]]);
  return created;
}

function heapShare(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used / limit;
}

/** Share of the time between two calls that this thread's event loop was busy. */
function loopUtilization(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}

function overloaded(): GatewayError {
  return new GatewayError('OVERLOADED', 'The gateway is overloaded; try again later', {
    public: { retryAfter: 1 },
  });
}
