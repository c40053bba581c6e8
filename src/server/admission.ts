/**
 * How many requests are executed at once. Once the processor is busy all the time, more at once only means more live
 * data for the garbage collector to copy, so the limit is low; while it waits for slow backends the limit rises.
 *
 * When the process is overloaded nonetheless, requests are refused at once, see `overload.ts`.
 * Requests wait their turn in order, before their body is parsed; health checks do not come here. Those that wait for the
 * planner leave their place to others meanwhile, and are first in line when they come back.
 */

import { getHeapStatistics } from 'node:v8';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { Admission as AdmissionStage, Aside } from '../pipeline/stages.ts';
import { type Clock, monotonicClock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Events } from '../shared/events.ts';
import { type Measured, Overload, type OverloadLevel } from './overload.ts';

export interface AdmissionOptions {
  /** Also where it starts. */
  readonly limitMin: number;
  readonly limitMax: number;
  /** Requests waiting; one more is refused with `OVERLOADED`. */
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

/** Between two looks at the utilization. */
const adjustEveryMs = 50;
const busyAbove = 0.95;
const idleBelow = 0.8;
/** So many looks in a row must find the thread idle before the limit rises: one may fall between two requests. */
const idleLooksMin = 3;

interface Waiting {
  readonly admit: () => void;
  readonly timer: NodeJS.Timeout;
}

export class Admission implements AdmissionStage {
  readonly #options: AdmissionOptions;
  readonly #queue = new Set<Waiting>();
  /** They were admitted before. */
  readonly #returning: Array<() => void> = [];
  readonly #timer: NodeJS.Timeout;
  #limit: number;
  #running = 0;
  #idleLooks = 0;
  #lookedAtMs: number;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#limit = options.limitMin;
    this.#lookedAtMs = options.now();
    this.#timer = setInterval(() => {
      this.#lookForOverload();
      this.adjust();
    }, adjustEveryMs);
    this.#timer.unref();
  }

  get limit(): number {
    return this.#limit;
  }

  /** The heap is nearly full: clients shall come back over a connection to another instance. */
  get closesConnections(): boolean {
    return this.#options.overload.closesConnections;
  }

  /**
   * @param mayChangeData Asked only when there is too much to do: what changes data is refused last.
   * @returns undefined when the request may go on at once. Either way call `leave` when it is done.
   * @throws {GatewayError} `OVERLOADED`, at once or after the wait: then do not call `leave`.
   */
  enter(mayChangeData: () => boolean): Promise<void> | undefined {
    const { level } = this.#options.overload;
    if (level === 2 || (level === 1 && !mayChangeData())) throw overloaded();
    if (this.#running < this.#limit) {
      this.#running += 1;
      return undefined;
    }
    if (this.#queue.size >= this.#options.queueMax) throw overloaded();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#queue.delete(waiting);
        reject(overloaded());
      }, this.#options.waitTimeoutMs);
      const waiting: Waiting = { admit: resolve, timer };
      this.#queue.add(waiting);
    });
  }

  leave(): void {
    this.#running -= 1;
    this.#admitWaiting();
  }

  /** For a request that was admitted, while it waits for something else: its place is free until then. */
  readonly aside: Aside = async (wait) => {
    this.leave();
    try {
      return await wait;
    } finally {
      await this.#return();
    }
  };

  /** Looks at the utilization. Called by itself; public for tests. */
  adjust(): void {
    const busy = this.#options.utilization();
    const { limitMin, limitMax } = this.#options;
    this.#idleLooks =
      busy < idleBelow && this.#queue.size + this.#returning.length > 0 ? this.#idleLooks + 1 : 0;
    if (busy > busyAbove) this.#limit = Math.max(limitMin, Math.floor(this.#limit * 0.9));
    else if (this.#idleLooks >= idleLooksMin) {
      this.#limit = Math.min(limitMax, Math.ceil(this.#limit * 1.5));
      this.#admitWaiting();
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #lookForOverload(): void {
    const { overload, heapShare, now, onOverload } = this.#options;
    const nowMs = now();
    const measured = { lagMs: nowMs - this.#lookedAtMs - adjustEveryMs, heapShare: heapShare() };
    this.#lookedAtMs = nowMs;
    if (overload.look(measured)) onOverload(overload.level, measured);
  }

  #return(): Promise<void> | undefined {
    if (this.#running < this.#limit) {
      this.#running += 1;
      return undefined;
    }
    return new Promise((resolve) => this.#returning.push(resolve));
  }

  #admitWaiting(): void {
    while (this.#returning.length > 0 && this.#running < this.#limit) {
      this.#running += 1;
      this.#returning.shift()?.();
    }
    for (const waiting of this.#queue) {
      if (this.#running >= this.#limit) return;
      this.#queue.delete(waiting);
      clearTimeout(waiting.timer);
      this.#running += 1;
      waiting.admit();
    }
  }
}

export function createAdmission({ admission, timeouts }: GatewayConfig, events: Events): Admission {
  return new Admission({
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
  return new GatewayError('OVERLOADED', 'The gateway has too much to do; try again later', {
    public: { retryAfter: 1 },
  });
}
