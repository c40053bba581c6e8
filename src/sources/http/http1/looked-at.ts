/**
 * A connection that was used is looked at before it is used again: what the other side has sent or closed meanwhile is
 * read first, and ends it. Sockets are read once a turn of the event loop, before its end: a call is sent at the end of a
 * turn that is later than that of the answer before it. One timer for all connections of the process.
 */

import { performance } from 'node:perf_hooks';

export interface LookedAt {
  /** The turn in which its last answer ended. */
  freedInTurn: number;
  sendAssigned(): void;
}

const { nodeTiming } = performance;
let waiting: LookedAt[] = [];

export function currentTurn(): number {
  return nodeTiming.uvMetricsInfo.loopCount;
}

export function sendWhenLookedAt(connection: LookedAt): void {
  if (waiting.push(connection) === 1) setImmediate(endTurn);
}

function endTurn(): void {
  const turn = currentTurn();
  const connections = waiting;
  waiting = [];
  for (const connection of connections) {
    if (connection.freedInTurn < turn) connection.sendAssigned();
    else sendWhenLookedAt(connection);
  }
}
