import { buildSchema, parse } from 'graphql';
import { describe, expect, it } from 'vitest';

import { OperationComparer } from './comparer.ts';

type Row = readonly [
  title: string,
  base: string,
  head: string,
  operation: string,
  expected: readonly string[],
];

function reasonsOf([, base, head, operation]: Row, suffix = ''): string[] {
  const comparer = new OperationComparer(buildSchema(base + suffix), buildSchema(head + suffix));
  const { level, reasons } = comparer.compare(parse(operation), null);
  expect(level).toBe(reasons[0]?.level ?? 'safe');
  return reasons.map((reason) => `${reason.level} ${reason.code} ${String(reason.coordinate)}`);
}

describe('arguments', () => {
  const x = 'Query.x(a:)';
  it.each<Row>([
    ['required and new', 'x: Int', 'x(a: Int!): Int', '{ x }', [`broken required-argument-added ${x}`]],
    ['required now', 'x(a: Int): Int', 'x(a: Int!): Int', '{ x }', [`broken argument-became-required ${x}`]],
    ['required now, and passed', 'x(a: Int): Int', 'x(a: Int!): Int', '{ x(a: 1) }', []],
    [
      'required now, passed as null',
      'x(a: Int): Int',
      'x(a: Int!): Int',
      '{ x(a: null) }',
      [`broken argument-type-changed ${x}`],
    ],
    [
      'required now, passed by a variable',
      'x(a: Int): Int',
      'x(a: Int!): Int',
      'query ($v: Int) { x(a: $v) }',
      [`broken variable-type-changed ${x}`],
    ],
    [
      'non-null with a default now, passed by a variable',
      'x(a: Int = 1): Int',
      'x(a: Int! = 1): Int',
      'query ($v: Int) { x(a: $v) }',
      [`affected argument-type-changed ${x}`],
    ],
    [
      'non-null with a default now, passed by a variable that is never null',
      'x(a: Int = 1): Int',
      'x(a: Int! = 1): Int',
      'query ($v: Int!) { x(a: $v) }',
      [],
    ],
    ['no longer required', 'x(a: Int!): Int', 'x(a: Int): Int', 'query ($v: Int!) { x(a: $v) }', []],
    [
      'new, with a default',
      'x: Int',
      'x(a: Int = 1): Int',
      '{ x }',
      [`affected argument-default-added ${x}`],
    ],
    ['new, optional', 'x: Int', 'x(a: Int): Int', '{ x }', []],
    ['removed, and passed', 'x(a: Int): Int', 'x: Int', '{ x(a: 1) }', [`broken argument-removed ${x}`]],
    ['removed, and omitted', 'x(a: Int): Int', 'x: Int', '{ x }', []],
    [
      'removed with its default, and omitted',
      'x(a: Int = 1): Int',
      'x: Int',
      '{ x }',
      [`affected default-changed ${x}`],
    ],
    [
      'another default',
      'x(a: Int = 1): Int',
      'x(a: Int = 2): Int',
      '{ x }',
      [`affected default-changed ${x}`],
    ],
    ['another default, overridden', 'x(a: Int = 1): Int', 'x(a: Int = 2): Int', '{ x(a: 1) }', []],
    [
      'another default, and a variable that may be omitted',
      'x(a: Int = 1): Int',
      'x(a: Int = 2): Int',
      'query ($v: Int) { x(a: $v) }',
      [`affected default-changed ${x}`],
    ],
    [
      'another default, and a variable with its own',
      'x(a: Int = 1): Int',
      'x(a: Int = 2): Int',
      'query ($v: Int = 3) { x(a: $v) }',
      [],
    ],
    [
      'a default that is null now',
      'x(a: Int): Int',
      'x(a: Int = null): Int',
      '{ x }',
      [`affected default-changed ${x}`],
    ],
    [
      'a default with other digits that JavaScript rounds away',
      'x(a: Float = 9007199254740992): Int',
      'x(a: Float = 9007199254740993): Int',
      '{ x }',
      [`affected default-changed ${x}`],
    ],
    ['the same default in other words', 'x(a: [Int] = 1): Int', 'x(a: [Int] = [1]): Int', '{ x }', []],
    [
      'a list now',
      'x(a: ID): Int',
      'x(a: [ID]): Int',
      '{ x(a: 1) }',
      [`affected argument-type-changed ${x}`],
    ],
    [
      'no list any more',
      'x(a: [ID]): Int',
      'x(a: ID): Int',
      '{ x(a: [1]) }',
      [`broken argument-type-changed ${x}`],
    ],
    [
      'Int to Float',
      'x(a: Int): Int',
      'x(a: Float): Int',
      '{ x(a: 1) }',
      [`affected argument-type-changed ${x}`],
    ],
    ['Int to ID', 'x(a: Int): Int', 'x(a: ID): Int', '{ x(a: 1) }', [`affected argument-type-changed ${x}`]],
    [
      'String to Int',
      'x(a: String): Int',
      'x(a: Int): Int',
      '{ x(a: "1") }',
      [`broken argument-type-changed ${x}`],
    ],
    [
      'Int to Float, by a variable',
      'x(a: Int): Int',
      'x(a: Float): Int',
      'query ($v: Int) { x(a: $v) }',
      [`broken variable-type-changed ${x}`],
    ],
    ['Int to Float, omitted', 'x(a: Int): Int', 'x(a: Float): Int', '{ x }', []],
    [
      'Int to Float, with a default',
      'x(a: Int = 1): Int',
      'x(a: Float = 1): Int',
      '{ x }',
      [`affected argument-type-changed ${x}`],
    ],
    [
      'an item that may not be null',
      'x(a: [Int]): Int',
      'x(a: [Int!]): Int',
      '{ x(a: [1, null]) }',
      [`broken argument-type-changed ${x}`],
    ],
  ])('%s', (title, base, head, operation, expected) => {
    const row: Row = [title, `type Query { ${base} }`, `type Query { ${head} }`, operation, expected];
    expect(reasonsOf(row)).toEqual(expected);
  });

  it('are those of the object types that may be there, not of the interface alone', () => {
    const sdl = (first: number): string =>
      `interface I { n(a: Int = 1): Int } type A implements I { n(a: Int = ${first}): Int } type Query { x: I }`;
    expect(reasonsOf(['', sdl(2), sdl(3), '{ x { n } }', []])).toEqual(['affected default-changed A.n(a:)']);
  });

  it('may be refused for an object type although the interface accepts them', () => {
    const sdl = (argument: string): string =>
      `interface I { n(a: Int! = 1): Int } type A implements I { n(a: Int!${argument}): Int } type Query { x: I }`;
    const row: Row = ['', sdl(' = 1'), sdl(''), '{ x { n } }', []];
    expect(reasonsOf(row)).toEqual(['affected argument-became-required A.n(a:)']);
  });
});

describe('literals of input objects and enums', () => {
  it.each<Row>([
    [
      'a removed enum value',
      'enum E { A B }',
      'enum E { B }',
      '{ x(e: A) }',
      ['broken enum-value-removed E.A'],
    ],
    ['another enum value', 'enum E { A B }', 'enum E { A C }', '{ x(e: A) }', []],
    [
      'a removed field',
      'input In { a: Int b: Int }',
      'input In { b: Int }',
      '{ x(in: {a: 1}) }',
      ['broken input-field-removed In.a'],
    ],
    [
      'a removed field that is omitted',
      'input In { a: Int b: Int }',
      'input In { b: Int }',
      '{ x(in: {b: 1}) }',
      [],
    ],
    [
      'a removed default',
      'input In { a: Int = 1 b: Int }',
      'input In { b: Int }',
      '{ x(in: {b: 1}) }',
      ['affected default-changed In.a'],
    ],
    [
      'a required field',
      'input In { a: Int }',
      'input In { a: Int b: Int! }',
      '{ x(in: {a: 1}) }',
      ['broken required-input-field-added In.b'],
    ],
    [
      'a field that is required now',
      'input In { a: Int }',
      'input In { a: Int! }',
      '{ x(in: {}) }',
      ['broken input-field-became-required In.a'],
    ],
    [
      'a new default',
      'input In { a: Int }',
      'input In { a: Int b: Int = 1 }',
      '{ x(in: {a: 1}) }',
      ['affected input-field-default-added In.b'],
    ],
    [
      'a changed default, nested',
      'input In { a: Int = 1 in: In }',
      'input In { a: Int = 2 in: In }',
      '{ x(in: {a: 1, in: {}}) }',
      ['affected default-changed In.a'],
    ],
    [
      'a changed default that is overridden',
      'input In { a: Int = 1 in: In }',
      'input In { a: Int = 2 in: In }',
      '{ x(in: {a: 1}) }',
      [],
    ],
    [
      'a changed default within a default',
      'input In { a: Int = 1 }',
      'input In { a: Int = 2 }',
      '{ y }',
      ['affected default-changed Query.y(in:)'],
    ],
    [
      'a list in a list',
      'input In { a: [Int] }',
      'input In { a: [[Int]] }',
      '{ x(in: {a: [1]}) }',
      ['affected input-field-type-changed In.a'],
    ],
    [
      'one of',
      'input In { a: Int b: Int }',
      'input In @oneOf { a: Int b: Int }',
      '{ x(in: {a: 1, b: 2}) }',
      ['broken one-of-added In'],
    ],
    [
      'one of, of which there is one',
      'input In { a: Int b: Int }',
      'input In @oneOf { a: Int b: Int }',
      '{ x(in: {a: 1}) }',
      [],
    ],
    [
      'one of, by a variable that may be null',
      'input In { a: Int b: Int }',
      'input In @oneOf { a: Int b: Int }',
      'query ($v: Int) { x(in: {a: $v}) }',
      ['broken one-of-added In'],
    ],
    [
      'a field that accepts null now, which a variable may bring',
      'input In { a: Int! }',
      'input In { a: Int }',
      'query ($v: Int = 1) { x(in: {a: $v}) }',
      ['affected input-field-type-changed In.a'],
    ],
    [
      'another kind of type of the same name',
      'input In { a: Int b: Int = 1 }',
      'scalar In',
      '{ x(in: {a: 1}) }',
      ['affected argument-type-changed Query.x(in:)'],
    ],
    [
      'the default of a variable',
      'input In { a: Int = 1 }',
      'input In { a: Int = 2 }',
      'query ($v: In = {}) { x(in: $v) }',
      ['affected default-changed In.a'],
    ],
    [
      'a default of a variable that no longer fits',
      'enum E { A B }',
      'enum E { B }',
      'query ($v: E = A) { x(e: $v) }',
      ['broken enum-value-removed E.A'],
    ],
  ])('%s', (title, base, head, operation, expected) => {
    const rest = [
      ' type Query { x(in: In, e: E): Int y(in: In = {}): Int }',
      base.includes('enum') ? ' input In { a: Int }' : ' enum E { A B }',
    ].join('');
    expect(reasonsOf([title, base, head, operation, expected], rest)).toEqual(expected);
  });
});
