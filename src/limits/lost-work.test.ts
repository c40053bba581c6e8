import { describe, expect, it } from 'vitest';

import type { AnswerError } from '../pipeline/answer.ts';
import { hidesWork } from './lost-work.ts';

const error = (path?: ReadonlyArray<string | number>, code = 'INTERNAL_ERROR'): AnswerError => ({
  message: 'no',
  code,
  fromBackend: true,
  ...(path ? { path } : {}),
});

describe('an answer', () => {
  it('shows the work done for it where nothing failed, or nothing but the field with the error', () => {
    expect(hidesWork({ data: { a: null }, errors: [] })).toBe(false);
    expect(
      hidesWork({ data: { a: null, b: [{ c: null }] }, errors: [error(['a']), error(['b', 0, 'c'])] }),
    ).toBe(false);
    expect(hidesWork({ data: { a: 1 }, errors: [error()] })).toBe(false);
  });

  it('hides it where an error took more than its field', () => {
    expect(hidesWork({ data: null, errors: [error(['a'])] })).toBe(true);
    expect(hidesWork({ data: null, errors: [error()] })).toBe(true);
    expect(hidesWork({ data: { b: [{ c: 1 }, null] }, errors: [error(['b', 1, 'c'])] })).toBe(true);
    expect(hidesWork({ data: { b: null }, errors: [error(['b', 1, 'c'])] })).toBe(true);
  });

  it('hides it where a service was not waited for, its response was of no use, or not all errors are listed', () => {
    for (const code of ['SERVICE_TIMEOUT', 'SERVICE_BAD_RESPONSE', 'CANCELLED', 'TOO_MANY_ERRORS'])
      expect(hidesWork({ data: { a: null }, errors: [error(['a'], code)] }), code).toBe(true);
  });
});
