/** Answers that show less than what services did for them: their actual cost cannot be told from their data. */

import type { Answer } from '../pipeline/answer.ts';
import { isRecord, own } from '../shared/records.ts';

const lossyCodes = new Set(['SERVICE_TIMEOUT', 'SERVICE_BAD_RESPONSE', 'CANCELLED', 'TOO_MANY_ERRORS']);

/**
 * Whether a service was not waited for, what it sent could not be used (too large, for one), or an error removed more of
 * the answer than the field that failed, as it does where the types around it are not nullable: a client could choose
 * such a field to have its points given back.
 */
export function hidesWork({ data, errors }: Pick<Answer, 'data' | 'errors'>): boolean {
  return errors.some(({ code, path = [] }) => lossyCodes.has(code) || isNullAbove(data, path));
}

function isNullAbove(data: Answer['data'], path: ReadonlyArray<string | number>): boolean {
  let value: unknown = data;
  for (const key of path) {
    if (value === null) return true;
    if (Array.isArray(value)) value = value[Number(key)];
    else value = isRecord(value) ? own(value, String(key)) : undefined;
  }
  return path.length === 0 && data === null;
}
