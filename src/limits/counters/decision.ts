/** Turns what a store says of each check into the decision about a request. */

import type { Charge, CheckState, LimitCheck, LimitDecision } from '../check.ts';

/** What a store says of one check. */
export interface CheckOutcome extends CheckState {
  /** Until this check alone would admit the request; 0: it does. */
  readonly retryAfterMs: number;
  /** In which its units are counted. */
  readonly bucket: number;
}

/** @param outcomes In the order of the checks. */
export function decisionOf(
  checks: readonly LimitCheck[],
  outcomes: readonly CheckOutcome[],
  countedBy: Charge['countedBy'],
): LimitDecision {
  let refusedBy: LimitCheck | undefined;
  let retryAfterMs = 1;
  for (let index = 0; index < outcomes.length; index += 1) {
    const check = checks[index];
    const outcome = outcomes[index];
    if (!check || !outcome?.isExceeded || check.isMeasured) continue;
    refusedBy ??= check;
    retryAfterMs = Math.max(retryAfterMs, outcome.retryAfterMs);
  }
  if (refusedBy) return { isAllowed: false, refusedBy, reason: 'limit', retryAfterMs, states: outcomes };
  const charges = checks.map((check, index) => ({ check, bucket: outcomes[index]?.bucket ?? 0, countedBy }));
  return { isAllowed: true, states: outcomes, charges };
}

/** For another process: remaining, resetMs, retryAfterMs and bucket of each check of each request. */
export function numbersOf(outcomes: ReadonlyArray<readonly CheckOutcome[]>): number[] {
  const numbers: number[] = [];
  for (const ofRequest of outcomes)
    for (const { remaining, resetMs, retryAfterMs, bucket } of ofRequest)
      numbers.push(remaining, resetMs, retryAfterMs, bucket);
  return numbers;
}

/** @throws {TypeError} If there are not four numbers for each check. */
export function outcomesOf(
  numbers: readonly number[],
  requests: ReadonlyArray<readonly LimitCheck[]>,
): CheckOutcome[][] {
  let at = 0;
  const next = (): number => numbers[at++] ?? 0;
  const outcomes = requests.map((checks) =>
    checks.map((): CheckOutcome => {
      const [remaining, resetMs, retryAfterMs, bucket] = [next(), next(), next(), next()];
      return { remaining, resetMs, isExceeded: retryAfterMs > 0, retryAfterMs, bucket };
    }),
  );
  if (at !== numbers.length) throw new TypeError(`expected ${at} numbers, not ${numbers.length}`);
  return outcomes;
}
