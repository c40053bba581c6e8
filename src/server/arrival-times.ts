/** When the heads of requests arrived: their bodies may take long. */

import type { IncomingMessage } from 'node:http';

import { monotonicClock } from '../shared/clock.ts';

const arrivals = new WeakMap<IncomingMessage, number>();

export function rememberArrival(request: IncomingMessage): void {
  arrivals.set(request, monotonicClock());
}

/** In ms of `monotonicClock`. */
export function arrivedAtMs(request: IncomingMessage): number {
  return arrivals.get(request) ?? monotonicClock();
}
