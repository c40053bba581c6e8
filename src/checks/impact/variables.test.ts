import { buildSchema, parse } from 'graphql';
import { describe, expect, it } from 'vitest';

import { OperationComparer } from './comparer.ts';

describe('values of variables', () => {
  it.each<readonly [title: string, base: string, head: string, expected: readonly string[]]>([
    [
      'a required field',
      'input In { a: Int }',
      'input In { a: Int b: Int! }',
      ['affected required-input-field-added In.b'],
    ],
    [
      'a removed field',
      'input In { a: Int b: Int }',
      'input In { b: Int }',
      ['affected input-field-removed In.a'],
    ],
    [
      'a removed enum value',
      'input In { e: E } enum E { A B }',
      'input In { e: E } enum E { B }',
      ['affected enum-value-removed E.A'],
    ],
    [
      'a removed enum value far below',
      'input In { l: [In2!] } input In2 { in: In e: E } enum E { A B }',
      'input In { l: [In2!] } input In2 { in: In e: E } enum E { B }',
      ['affected enum-value-removed E.A'],
    ],
    [
      'a field that may not be null',
      'input In { a: Int }',
      'input In { a: Int! }',
      ['affected input-field-became-non-null In.a'],
    ],
    [
      'an item that may not be null',
      'input In { a: [Int] }',
      'input In { a: [Int!] }',
      ['affected input-field-became-non-null In.a'],
    ],
    ['a field that may be null', 'input In { a: Int! }', 'input In { a: Int }', []],
    [
      'another type',
      'input In { a: Int }',
      'input In { a: Float }',
      ['affected input-field-type-changed In.a'],
    ],
    ['a list', 'input In { a: Int }', 'input In { a: [Int] }', ['affected input-field-type-changed In.a']],
    [
      'another default',
      'input In { a: Int = 1 }',
      'input In { a: Int = 2 }',
      ['affected default-changed In.a'],
    ],
    ['a new default', 'input In { a: Int }', 'input In { a: Int = 1 }', ['affected default-changed In.a']],
    ['the default of a required field', 'input In { a: Int! }', 'input In { a: Int! = 1 }', []],
    [
      'a new field with a default',
      'input In { a: Int }',
      'input In { a: Int b: Int = 1 }',
      ['affected input-field-default-added In.b'],
    ],
    ['a new optional field', 'input In { a: Int }', 'input In { a: Int b: Int }', []],
    ['a new enum value', 'input In { e: E } enum E { A }', 'input In { e: E } enum E { A B }', []],
    ['one of', 'input In { a: Int }', 'input In @oneOf { a: Int }', ['affected one-of-added In']],
    ['no longer one of', 'input In @oneOf { a: Int }', 'input In { a: Int }', ['affected one-of-removed In']],
    ['another kind of type', 'scalar In', 'enum In { A }', ['affected type-changed In']],
    [
      'another kind of type below',
      'input In { e: E } enum E { A }',
      'input In { e: E } scalar E',
      ['affected type-changed E'],
    ],
    ['no type of values', 'input In { a: Int }', 'type In { a: Int }', ['broken variable-type-changed In']],
    ['a removed type', 'input In { a: Int }', 'input Other { a: Int }', ['broken type-removed In']],
  ])('%s', (_title, base, head, expected) => {
    const type = /\b(?:input|enum|scalar) In\b/.test(head) ? 'In' : 'String';
    const comparer = new OperationComparer(
      buildSchema(`${base} type Query { x(in: In): Int }`),
      buildSchema(`${head} type Query { x(in: ${type}): Int }`),
    );
    const { reasons } = comparer.compare(parse('query Q($v: In) { x(in: $v) }'), 'Q');
    const texts = reasons.map(({ level, code, coordinate }) => `${level} ${code} ${String(coordinate)}`);
    // Where the variable's type is none any more, the argument has another one in its place.
    expect(texts.filter((text) => !text.includes('Query.x(in:)'))).toEqual(expected);
    for (const { level, message } of reasons) {
      if (level === 'affected') expect(message).toMatch(/ \(values unknown\)$/);
    }
  });
});
