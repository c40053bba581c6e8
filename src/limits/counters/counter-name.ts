/**
 * The name under which a store keeps a counter:
 *
 *     rl:{<key>}:<policy>:w<windowMs>      `w` for window, `g` for gcra; with ":<owner>" before it where there is one
 *
 * The braces are a hash tag: counters of one key are on one node of a cluster. A policy whose window or algorithm
 * changes starts anew, one whose limit changes goes on.
 */

import type { LimitCheck, LimitRule } from '../check.ts';

export function counterName({ rule, key, owner }: LimitCheck): string {
  const kind = rule.algorithm === 'window' ? ':w' : ':g';
  return owner === null
    ? `rl:{${key}}:${rule.policy}${kind}${rule.windowMs}`
    : `rl:{${key}}:${rule.policy}:${owner}${kind}${rule.windowMs}`;
}

interface CounterName {
  readonly policy: string;
  readonly key: string;
  readonly owner: string | null;
  readonly algorithm: LimitRule['algorithm'];
  readonly windowMs: number;
}

const namePattern =
  /^rl:\{(?<key>[\w-]+)\}:(?<policy>[\w.-]+)(?::(?<owner>[\w-]+))?:(?<kind>[wg])(?<windowMs>\d+)$/;

/** @returns undefined: it is no name of a counter. */
export function parseCounterName(name: string): CounterName | undefined {
  const { key, policy, owner = null, kind, windowMs } = namePattern.exec(name)?.groups ?? {};
  if (key === undefined || policy === undefined) return undefined;
  return { key, policy, owner, algorithm: kind === 'w' ? 'window' : 'gcra', windowMs: Number(windowMs) };
}
