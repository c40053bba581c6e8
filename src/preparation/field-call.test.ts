import { Kind, parse, type FieldNode } from 'graphql';
import { describe, expect, it } from 'vitest';

import { argumentsText, fieldSignature } from './field-call.ts';

describe('fieldSignature', () => {
  it.each([
    ['f', 'alias: f'],
    ['f(a: 1, b: 2)', 'f(b: 2, a: 1)'],
    ['f(a: { x: 1, y: 2 })', 'f(a: { y: 2, x: 1 })'],
    ['f(a: [{ x: { p: 1, q: 2 }, y: 2 }])', 'f(a: [{ y: 2, x: { q: 2, p: 1 } }])'],
    ['f(a: $v) { x }', 'f(a: $v) { y }'],
    ['f @include(if: $v)', 'f'],
    ['f(a: "\\u0041")', 'f(a: "A")'],
  ])('is the same for %s and %s, which merge', (one, other) => {
    expect(fieldSignature(field(one))).toBe(fieldSignature(field(other)));
  });

  it.each([
    ['f', 'g'],
    ['f: g', 'f'],
    ['f', 'f(a: null)'],
    ['f(a: 1)', 'f(a: "1")'],
    ['f(a: 1)', 'f(a: 1.0)'],
    ['f(a: 1)', 'f(b: 1)'],
    ['f(a: x)', 'f(a: $x)'],
    ['f(a: [1, 2])', 'f(a: [2, 1])'],
    ['f(a: [1])', 'f(a: 1)'],
    ['f(a: { x: { y: 1 } })', 'f(a: { x: 1, y: 1 })'],
    ['f(a: "1, b: 2")', 'f(a: 1, b: 2)'],
  ])('differs for %s and %s, which do not merge', (one, other) => {
    expect(fieldSignature(field(one))).not.toBe(fieldSignature(field(other)));
  });
});

it('argumentsText is empty without arguments, and has no name of the field', () => {
  expect(argumentsText(field('f'))).toBe('');
  expect(argumentsText(field('f(b: 1, a: 2)'))).toBe('a: 2,b: 1');
});

function field(text: string): FieldNode {
  const [operation] = parse(`{ ${text} }`).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('Not an operation');
  return operation.selectionSet.selections[0] as FieldNode;
}
