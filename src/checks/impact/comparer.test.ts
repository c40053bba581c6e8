import { buildSchema, parse } from 'graphql';
import { describe, expect, it } from 'vitest';

import { OperationComparer, type OperationComparison } from './comparer.ts';

function compare(
  base: string,
  head: string,
  operation: string,
  name: string | null = null,
): OperationComparison {
  return new OperationComparer(buildSchema(base), buildSchema(head)).compare(parse(operation), name);
}

function texts({ reasons }: OperationComparison): string[] {
  return reasons.map(({ level, code, coordinate }) => `${level} ${code} ${String(coordinate)}`);
}

const rest = 'directive @live(level: Int = 1) on FIELD';

describe('what validation refuses', () => {
  it.each([
    [
      'a removed field, also if one that begins like it is used',
      'type Query { u: User } type User { name: String nameFull: String }',
      'type Query { u: User } type User { nameFull: String }',
      '{ u { name nameFull } }',
      ['broken field-removed User.name'],
    ],
    [
      'a field that begins like a removed one',
      'type Query { u: User } type User { name: String nameFull: String }',
      'type Query { u: User } type User { nameFull: String }',
      '{ u { nameFull } }',
      [],
    ],
    [
      'a renamed type',
      'type Query { x: U } union U = A | B type A { a: Int } type B { b: Int }',
      'type Query { x: U } union U = A2 | B type A2 { a: Int } type B { b: Int }',
      '{ x { ... on A { a } } }',
      ['broken type-removed A', 'affected possible-type-added U', 'affected possible-type-removed U'],
    ],
    [
      'a removed directive',
      `${rest} type Query { x: Int }`,
      'type Query { x: Int }',
      '{ x @live }',
      ['broken directive-removed @live'],
    ],
    [
      'a root type that is gone',
      'type Query { x: Int } type Mutation { y: Int }',
      'type Query { x: Int }',
      'mutation { y }',
      ['broken operation-invalid null'],
    ],
    [
      'a conflict of fields, as validation says it',
      'type Query { x: U } union U = A | B type A { n: Int } type B { n: Int }',
      'type Query { x: U } union U = A | B type A { n: Int } type B { n: Int! }',
      '{ x { ... on A { n } ... on B { n } } }',
      ['broken operation-invalid null', 'affected became-non-null B.n'],
    ],
    [
      'another operation of the document',
      'type Query { x: Int y: Int }',
      'type Query { x: Int }',
      'query A { x } query B { y }',
      ['broken field-removed Query.y'],
    ],
  ])('%s', (_title, base, head, operation, expected) => {
    const name = operation.startsWith('query A') ? 'A' : null;
    expect(texts(compare(base, head, operation, name))).toEqual(expected);
  });

  it('lists every reason: what is not listed would seem to be used by nobody', () => {
    const fields = Array.from({ length: 200 }, (_, index) => `f${index}`);
    const sdl = (type: string): string =>
      `type Query { ${fields.map((name) => `${name}: ${type}`).join(' ')} }`;
    const { level, reasons } = compare(sdl('Int!'), sdl('Int'), `{ ${fields.join(' ')} }`);
    expect([level, reasons.length]).toEqual(['broken', 200]);
  });
});

describe('what was invalid before', () => {
  const base = 'type Query { x: Int }';
  it.each([
    ['and is', 'type Query { x: Int y: Int! }', 'broken invalid-before null'],
    ['and is valid now', 'type Query { x: Int z: Int }', 'affected valid-now null'],
  ])('%s', (_title, head, expected) => {
    expect(texts(compare(base, head, '{ x z }'))).toEqual([expected]);
  });

  it('is an operation that its document does not have', () => {
    const missing = ['broken invalid-before null'];
    expect(texts(compare(base, base, 'query A { x }', 'B'))).toEqual(missing);
    expect(texts(compare(base, base, 'query A { x } query B { x }'))).toEqual(missing);
    expect(texts(compare(base, base, 'fragment F on Query { x }'))).toEqual(missing);
  });
});

describe('introspection and directives', () => {
  const base = `${rest} type Query { x: Int }`;
  it.each([
    [
      'a changed schema',
      '{ __schema { types { name } } }',
      `${base} scalar Date`,
      ['affected introspection null'],
    ],
    [
      'one type, behind a fragment',
      '{ ...F } fragment F on Query { __type(name: "Query") { name } }',
      `${base} scalar Date`,
      ['affected introspection null'],
    ],
    [
      'the same schema in another order',
      '{ __schema { types { name } } }',
      `type Query { x: Int } ${rest}`,
      [],
    ],
    ['a changed schema that is not read', '{ x __typename }', `${base} scalar Date`, []],
    [
      'another default of a directive',
      '{ x @live }',
      base.replace('= 1', '= 2'),
      ['affected directive-changed @live', 'affected default-changed @live(level:)'],
    ],
    ['another directive', '{ x @skip(if: false) }', base.replace('= 1', '= 2'), []],
    [
      'another name of the root type',
      '{ x }',
      `${rest} schema { query: Root } type Root { x: Int }`,
      ['affected root-type-changed Query'],
    ],
    [
      'another name of the root type whose field changed',
      '{ x }',
      `${rest} schema { query: Root } type Root { x: [Int] }`,
      ['broken type-changed Query.x', 'affected root-type-changed Query'],
    ],
  ])('%s', (_title, operation, head, expected) => {
    expect(texts(compare(base, head, operation))).toEqual(expected);
  });
});

describe('documents made to be hard', () => {
  const sdl = 'type Query { q: Query n: Int! constructor: Int toString(constructor: Int): Int }';
  const changed = sdl.replace('Int!', 'Int');

  it('compares fragments that spread one another exponentially often', () => {
    const fragments = Array.from(
      { length: 12 },
      (_, index) => `fragment F${index} on Query { a: q { ...F${index + 1} } b: q { ...F${index + 1} } }`,
    );
    const document = `{ ...F0 } ${fragments.join(' ')} fragment F12 on Query { n }`;
    expect(texts(compare(sdl, changed, document))).toEqual(['broken became-nullable Query.n']);
  });

  it.each([
    ['selections', `${'{ q '.repeat(1_000)}{ n }${' }'.repeat(1_000)}`],
    ['values', `{ toString(constructor: ${'['.repeat(1_000)}1${']'.repeat(1_000)}) }`],
  ])('calls %s that are nested too deeply affected', (_title, document) => {
    expect(texts(compare(sdl, sdl, document))).toEqual(['affected not-compared null']);
  });

  it('survives fragments that spread themselves', () => {
    expect(texts(compare(sdl, changed, '{ ...F } fragment F on Query { q { ...F } }'))).toEqual([
      'broken invalid-before null',
    ]);
  });

  it('takes names that plain objects inherit', () => {
    const document =
      'query constructor($__proto__: Int) { __proto__: constructor ...toString } ' +
      'fragment toString on Query { toString(constructor: $__proto__) }';
    const head = sdl.replace('constructor: Int)', 'constructor: Int = 1)');
    expect(texts(compare(sdl, sdl, document, 'constructor'))).toEqual([]);
    expect(texts(compare(sdl, head, document))).toEqual([
      'affected default-changed Query.toString(constructor:)',
    ]);
  });
});

describe('coordinates', () => {
  it('are all that an operation names, and all that its variables may be made of', () => {
    const sdl = `
      type Query { x(in: In, other: Int): I unused: Int }
      input In { e: E in: In list: [Item!] } input Item { n: Int } enum E { A B }
      interface I { n(e: E): Int } type T implements I { n(e: E): Int only: Int }
    `;
    const ofArgument = [
      'Query',
      'Query.x',
      'Query.x(in:)',
      'In',
      'In.e',
      'In.in',
      'In.list',
      'Item',
      'Item.n',
      'E',
      'E.A',
    ];
    const literal = compare(sdl, sdl, '{ x(in: {e: A, in: {list: {n: 1}}}) { n ... on T { only } } }');
    expect([...literal.coordinates].toSorted()).toEqual(
      [...ofArgument, ...['I', 'I.n', 'Int', 'T', 'T.only']].toSorted(),
    );
    const variable = compare(sdl, sdl, 'query ($v: In) { x(in: $v) { n(e: B) } }');
    expect([...variable.coordinates].toSorted()).toEqual(
      [...ofArgument, ...['E.B', 'I', 'I.n', 'I.n(e:)', 'Int']].toSorted(),
    );
  });
});
