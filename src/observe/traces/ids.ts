/** Random ids of traces and spans, drawn from the system many at once: one by one they would cost most of what tracing costs. */

import { randomFillSync } from 'node:crypto';

const bytes = Buffer.alloc(4096);
/** Hex digits. */
let pool = '';
let used = 0;

/** 32 hex digits. */
export function newTraceId(): string {
  return drawn(32);
}

/** 16 hex digits. */
export function newSpanId(): string {
  return drawn(16);
}

function drawn(digits: number): string {
  if (used + digits > pool.length) {
    pool = randomFillSync(bytes).toString('hex');
    used = 0;
  }
  used += digits;
  return pool.slice(used - digits, used);
}
