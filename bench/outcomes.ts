/** How requests ended and how long they took, in words. */

import { quantile } from '../test/support/measured-gateway.ts';
import type { Asked } from '../test/support/planning-load.ts';

export function summary(asked: readonly Asked[]): string {
  const outcomes = asked.map(({ status, code }) => (code === null ? `${status}` : `${status} ${code}`));
  return `${tally(outcomes)}; ${latencies(asked.map(({ tookMs }) => tookMs))}`;
}

export function latencies(valuesMs: readonly number[]): string {
  const [p50, p99, max] = [0.5, 0.99, 1].map((share) => quantile(valuesMs, share).toFixed(0));
  return `p50 ${p50} ms, p99 ${p99} ms, max ${max} ms (${valuesMs.length})`;
}

export function tally(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => `${count} x ${value}`).join(', ');
}
