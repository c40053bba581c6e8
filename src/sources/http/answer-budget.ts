/**
 * How many bytes the answers of all services may have together for one client request.
 *
 * Only what goes beyond the first 64 KiB of an answer is counted: small answers, which are bounded by the number of
 * calls, pay nothing.
 */

import type { RequestContext } from '../../pipeline/request.ts';

export const uncountedBytes = 64 * 1024;

interface Budget {
  bytes: number;
}

const budgetKey = Symbol('answer bytes');

/** @returns Whether they still fit. */
export function countBytes({ locals }: RequestContext, bytes: number, bytesMax: number): boolean {
  let budget = locals.get(budgetKey) as Budget | undefined;
  if (!budget) {
    budget = { bytes: 0 };
    locals.set(budgetKey, budget);
  }
  budget.bytes += bytes;
  return budget.bytes <= bytesMax;
}
