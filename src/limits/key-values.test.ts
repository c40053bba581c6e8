import { describe, expect, it } from 'vitest';

import { ExactNumber } from '../shared/exact-number.ts';
import { keyValue } from './key-values.ts';

const textOf = (value: unknown): string => JSON.stringify(keyValue(value));

describe('the value of an argument in a key', () => {
  it.each([
    [11, ['11.0', '1.1e1', '110e-1', '0.11E+2', '11.00000000000000000000001']],
    [0, ['-0', '0.0', '0e5']],
    [-2.5, ['-2.50', '-25e-1', '-2.5000000000000000000001']],
    [1e21, ['1000000000000000000000', '1E21']],
  ])('%d is the same however it is written', (number, texts) => {
    const keys = texts.map((text) => textOf(new ExactNumber(text)));
    expect(new Set(keys)).toEqual(new Set([textOf(number)]));
  });

  it('differs for large integers that a double cannot tell apart', () => {
    const [one, other] = ['12345678901234567890123', '12345678901234567890124'];
    expect(textOf(new ExactNumber(one ?? ''))).not.toBe(textOf(new ExactNumber(other ?? '')));
  });

  it('does not depend on the order of fields, and keeps lists, texts and null', () => {
    expect(textOf({ b: [1, null], a: 'x' })).toBe(textOf({ a: 'x', b: [1, null] }));
    expect(textOf({ a: 'x' })).not.toBe(textOf({ a: 'y' }));
    expect(textOf('11')).not.toBe(textOf(11));
    expect(textOf(JSON.parse('{"__proto__":1}'))).not.toBe(textOf(JSON.parse('{"__proto__":2}')));
  });
});
