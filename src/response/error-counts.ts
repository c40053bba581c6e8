/** Counts the errors of an answer by code and service, for metrics and the log. */

import type { AnswerError } from '../pipeline/answer.ts';
import type { ErrorCount } from '../shared/event-spans.ts';
import { publicCode, type ErrorPolicy } from './graphql-errors.ts';

const none: readonly ErrorCount[] = [];

/** @returns In the order of the first error of each. */
export function errorCounts(errors: readonly AnswerError[], policy: ErrorPolicy): readonly ErrorCount[] {
  if (errors.length === 0) return none;
  return countErrors(errors.map((error) => ({ code: publicCode(error, policy), service: error.service })));
}

export function countErrors(
  errors: ReadonlyArray<{ readonly code: string; readonly service: string | undefined }>,
): readonly ErrorCount[] {
  const counts = new Map<string, { code: string; service: string | null; count: number }>();
  for (const { code, service = null } of errors) {
    const key = `${code}\n${service ?? ''}`;
    const counted = counts.get(key);
    if (counted) counted.count += 1;
    else counts.set(key, { code, service, count: 1 });
  }
  return [...counts.values()];
}
