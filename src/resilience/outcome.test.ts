import { describe, expect, it } from 'vitest';

import { GatewayError, type ErrorCode } from '../shared/errors.ts';
import { CallFailure, isFailure, outcomeOf } from './outcome.ts';

describe('outcomeOf', () => {
  it('is what the transport said, whatever the code', () => {
    const failure = new CallFailure('SERVICE_TIMEOUT', 'slow', { outcome: 'connect', nothingSent: true });
    expect(outcomeOf(failure)).toBe('connect');
  });

  it.each<[ErrorCode, boolean]>([
    ['SERVICE_UNAVAILABLE', true],
    ['SERVICE_TIMEOUT', true],
    ['SERVICE_BAD_RESPONSE', true],
    ['SERVICE_ERROR', false],
    ['CANCELLED', false],
    ['RATE_LIMITED' as ErrorCode, false],
    ['INTERNAL_ERROR', false],
  ])('goes by the code of other errors: %s', (code, counts) => {
    expect(isFailure(outcomeOf(new GatewayError(code, 'no')))).toBe(counts);
  });

  it('of a defect says nothing of the service', () => {
    expect(outcomeOf(new TypeError('undefined is not a function'))).toBe('refused');
  });
});
