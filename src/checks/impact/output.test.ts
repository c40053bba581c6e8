import { buildSchema, parse } from 'graphql';
import { describe, expect, it } from 'vitest';

import { OperationComparer } from './comparer.ts';

interface Row {
  readonly title: string;
  readonly base: string;
  readonly head: string;
  readonly operation: string;
  /** `level code coordinate` of each reason. */
  readonly expected: readonly string[];
}

function reasonsOf({ base, head, operation }: Row): string[] {
  const comparer = new OperationComparer(buildSchema(base), buildSchema(head));
  const { level, reasons } = comparer.compare(parse(operation), null);
  expect(level).toBe(reasons[0]?.level ?? 'safe');
  return reasons.map((reason) => `${reason.level} ${reason.code} ${String(reason.coordinate)}`);
}

/** A row with one field of `Query` before and after. */
function field(title: string, change: readonly [string, string], ...expected: string[]): Row {
  const rest = 'type User { id: ID! name: String } type Shop { id: ID! } enum Color { RED } scalar Date';
  const [base, head] = change.map((type) => `type Query { x: ${type} } ${rest}`);
  const isComposite = change[0].includes('User');
  return {
    title,
    base: base ?? '',
    head: head ?? '',
    operation: isComposite ? '{ x { id } }' : '{ x }',
    expected,
  };
}

const node = 'interface Node { id: ID! } type A implements Node { id: ID! a: Int }';

describe('wrappers and names of output types', () => {
  it.each<Row>([
    field('nothing', ['ID!', 'ID!']),
    field('ID! to ID', ['ID!', 'ID'], 'broken became-nullable Query.x'),
    field('ID to ID!', ['ID', 'ID!'], 'affected became-non-null Query.x'),
    field('an item that may be null', ['[Int!]!', '[Int]!'], 'broken became-nullable Query.x'),
    field('an item that may not be null', ['[Int]!', '[Int!]!'], 'affected became-non-null Query.x'),
    field(
      'both at once at two levels',
      ['[Int!]', '[Int]!'],
      'broken became-nullable Query.x',
      'affected became-non-null Query.x',
    ),
    field('a list within a list', ['[[Int!]]', '[[Int]]'], 'broken became-nullable Query.x'),
    field('one to many', ['Int', '[Int]'], 'broken type-changed Query.x'),
    field('many to one', ['[User]', 'User'], 'broken type-changed Query.x'),
    field('one level more', ['[Int]', '[[Int]]'], 'broken type-changed Query.x'),
    field('another scalar', ['Int', 'Float'], 'broken type-changed Query.x'),
    field('another object type with the same fields', ['User', 'Shop'], 'broken type-changed Query.x'),
    field('a scalar to an enum', ['Date', 'Color'], 'broken type-changed Query.x'),
    field('an object to a leaf', ['User', 'ID'], 'broken type-changed Query.x'),
    field('a leaf to an object', ['ID', 'User'], 'broken type-changed Query.x'),
  ])('$title', (row) => expect(reasonsOf(row)).toEqual(row.expected));
});

describe('enums, unions and interfaces in answers', () => {
  it.each<Row>([
    {
      title: 'values of an enum that is returned',
      base: 'type Query { x: E! } enum E { A B }',
      head: 'type Query { x: E! } enum E { A C }',
      operation: '{ x }',
      expected: ['affected enum-value-added E.C', 'affected enum-value-no-longer-returned E.B'],
    },
    {
      title: 'values in another order',
      base: 'type Query { x: E! } enum E { A B }',
      head: 'type Query { x: E! } enum E { B A }',
      operation: '{ x }',
      expected: [],
    },
    {
      title: 'an enum that became a scalar of the same name',
      base: 'type Query { x: E! } enum E { A B }',
      head: 'type Query { x: E! } scalar E',
      operation: '{ x }',
      expected: ['broken type-changed Query.x'],
    },
    {
      title: 'a new member of a union',
      base: 'type Query { x: U } union U = A type A { a: Int } type B { b: Int }',
      head: 'type Query { x: U } union U = A | B type A { a: Int } type B { b: Int }',
      operation: '{ x { ... on A { a } } }',
      expected: ['affected possible-type-added U'],
    },
    {
      title: 'a removed member of which something is selected',
      base: 'type Query { x: U } union U = A | B type A { a: Int } type B { b: Int }',
      head: 'type Query { x: U } union U = A type A { a: Int } type B { b: Int }',
      operation: '{ x { ... on A { a } ... on B { b } } }',
      expected: ['broken possible-type-removed U'],
    },
    {
      title: 'a removed member of which nothing is selected',
      base: 'type Query { x: U } union U = A | B type A { a: Int } type B { b: Int }',
      head: 'type Query { x: U } union U = A type A { a: Int } type B { b: Int }',
      operation: '{ x { ... on A { a } __typename } }',
      expected: ['affected possible-type-removed U'],
    },
    {
      title: 'a new implementation',
      base: `type Query { x: Node } ${node}`,
      head: `type Query { x: Node } ${node} type B implements Node { id: ID! }`,
      operation: '{ x { id } }',
      expected: ['affected possible-type-added Node'],
    },
    {
      title: 'a new implementation of an interface of which objects are not returned',
      base: `type Query { x: A } ${node}`,
      head: `type Query { x: A } ${node} type B implements Node { id: ID! }`,
      operation: '{ x { ... on Node { id } } }',
      expected: [],
    },
    {
      title: 'an implementation that is none any more, though a fragment selects from it',
      base: 'interface I { n: Int } type A implements I { n: Int } type B { b: Int } union U = A | B type Query { x: U i: I }',
      head: 'interface I { n: Int } type A { n: Int } type C implements I { n: Int } type B { b: Int } union U = A | B | C type Query { x: U i: I }',
      operation: '{ x { ... on I { n } } }',
      expected: ['broken type-condition-lost I', 'affected possible-type-added U'],
    },
    {
      title: 'a type to which a fragment applies now',
      base: 'interface I { n: Int } type A { n: Int } type B implements I { n: Int } union U = A | B type Query { x: U }',
      head: 'interface I { n: Int } type A implements I { n: Int } type B implements I { n: Int } union U = A | B type Query { x: U }',
      operation: '{ x { ... on I { n } } }',
      expected: ['affected type-condition-gained I'],
    },
    {
      title: 'a field of one implementation only, by its interface',
      base: 'interface I { n: Int } type A implements I { n: Int! } type B implements I { n: Int! } type Query { x: I }',
      head: 'interface I { n: Int } type A implements I { n: Int } type B implements I { n: Int! } type Query { x: I }',
      operation: '{ x { n } }',
      expected: ['broken became-nullable A.n'],
    },
    {
      title: 'a field of an implementation that the type condition excludes',
      base: 'interface I { n: Int } type A implements I { n: Int! } type B implements I { n: Int! } type Query { x: I }',
      head: 'interface I { n: Int } type A implements I { n: Int } type B implements I { n: Int! } type Query { x: I }',
      operation: '{ x { ... on B { n } } }',
      expected: [],
    },
    {
      title: 'a field of an interface, of which no implementation changed',
      base: 'interface I { n: Int! } type A implements I { n: Int! } type Query { x: I }',
      head: 'interface I { n: Int } type A implements I { n: Int! } type Query { x: I }',
      operation: '{ x { n } }',
      expected: ['affected became-nullable I.n'],
    },
    {
      title: 'a field that returns an interface now',
      base: `type Query { x: A } ${node}`,
      head: `type Query { x: Node } ${node}`,
      operation: '{ x { id } }',
      expected: ['broken type-changed Query.x'],
    },
    {
      title: 'a field behind a fragment that is spread twice',
      base: 'type Query { x: A y: A } type A { n: Int! a: A }',
      head: 'type Query { x: A y: A } type A { n: Int a: A }',
      operation: '{ x { ...F } y { ...F } } fragment F on A { a { n } }',
      expected: ['broken became-nullable A.n'],
    },
  ])('$title', (row) => expect(reasonsOf(row)).toEqual(row.expected));
});

it('compares interfaces that nothing implements', () => {
  const base = 'interface I { i: I n: Int } type Query { x: I }';
  const operation = '{ x { ... on I { i { ...F } } } } fragment F on I { n }';
  expect(reasonsOf({ title: '', base, head: `${base} scalar Date`, operation, expected: [] })).toEqual([]);
});

describe('what changes no answer', () => {
  const base =
    'type Query { x(a: Int): Int y: U } union U = A | B type A { n: E } type B { n: E } enum E { P Q }';
  it.each([
    ['a description', base.replace('x(', '"Text" x(')],
    ['a deprecation', base.replace('y: U', 'y: U @deprecated')],
    [
      'order',
      'enum E { Q P } type B { n: E } type A { n: E } union U = B | A type Query { y: U x(a: Int): Int }',
    ],
    ['a field that it does not use', base.replace('y: U', 'y: U z: Int!')],
    ['a type that it does not use', `${base} type New { n: Int }`],
    ['an optional argument', base.replace('a: Int', 'a: Int b: Int')],
    ['how a scalar is specified', `${base} scalar Date @specifiedBy(url: "https://example.org")`],
  ])('%s', (title, head) => {
    const operation = '{ x(a: 1) y { __typename ... on A { n } ... on B { n } } }';
    expect(reasonsOf({ title, base, head, operation, expected: [] })).toEqual([]);
  });
});
