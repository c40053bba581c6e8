import fc from 'fast-check';
import { buildSchema, parse, print } from 'graphql';
import { describe, expect, it } from 'vitest';

import { circularDefaults } from './circular-defaults.ts';

const coordinates = (sdl: string): string[] =>
  circularDefaults(parse(sdl)).map(({ coordinate }) => coordinate);

describe('a default value that leads back to its own type', () => {
  it.each([
    ['by a field that it leaves out', 'input A { a: A = {} }', ['A.a']],
    ['by one that is null', 'input A { a: A = { a: null } }', ['A.a']],
    ['in a list', 'input A { a: [A!]! = [{ n: 1 }, {}]  n: Int }', ['A.a']],
    ['through another type', 'input A { b: B = {} } input B { a: A = {} }', ['A.b']],
    ['below what is written', 'input A { b: B = { c: {} } } input B { c: C } input C { a: A = {} }', ['A.b']],
    ['in an extension', 'input A { n: Int } extend input A { a: A = {} }', ['A.a']],
    ['in two types', 'input A { a: A = {} } input B { b: B = {}  a: A = {} }', ['A.a', 'B.b']],
    ['in two fields', 'input A { a: A = {}  b: A = {} }', ['A.a', 'A.b']],
  ])('is found: %s', (_, sdl, fields) => {
    expect(coordinates(sdl)).toEqual(fields);
  });

  it.each([
    ['it is null', 'input A { a: A = null }'],
    ['there is none', 'input A { a: A }'],
    ['it is that of an argument', 'input A { a: A } type Query { f(a: A = { a: {} }): Int }'],
    ['it is an empty list', 'input A { a: [A] = [] }'],
    ['it is of a custom scalar', 'scalar J input A { a: J = {} }'],
  ])('is not there: %s', (_, sdl) => {
    expect(coordinates(sdl)).toEqual([]);
  });

  it('is told with the way back and all places', () => {
    const [circular] = circularDefaults(
      parse('input A { b: B = {} } input B { c: C = {} } input C { a: A = {} }'),
    );
    expect(circular?.message).toBe(
      'The default value of "A.b" leads back to its own type "A", through "B.c", "C.a", and so has no end: leave it out, or make it null',
    );
    expect(circular?.nodes.map(print)).toEqual(['b: B = {}', 'c: C = {}', 'a: A = {}']);
  });

  it('is found in time where each of many defaults leads to two others', () => {
    const types = Array.from(
      { length: 60 },
      (_, i) => `input T${i} { a: T${i + 1} = {}  b: T${i + 1} = {} }`,
    );
    expect(coordinates([...types, 'input T60 { n: Int }'].join('\n'))).toEqual([]);
  });

  it('is found exactly where graphql-js does not come to an end', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(field, { minLength: 1, maxLength: 3 }), { minLength: 3, maxLength: 3 }),
        (types) => {
          const inputs = types.map(
            (fields, i) => `input T${i} { ${fields.map(({ text }, n) => `f${n}: ${text}`).join('  ')} }`,
          );
          const sdl = [...inputs, 'type Query { q(a: T0, b: T1, c: T2): Int }'].join('\n');
          expect(coordinates(sdl).length > 0).toBe(overflows(sdl));
        },
      ),
      { numRuns: 300 },
    );
  });
});

const value = fc.constantFrom(
  '{}',
  '{ f0: null }',
  '{ f1: null }',
  '{ f0: null, f1: null, f2: null }',
  'null',
);
const field = fc
  .record({
    type: fc.constantFrom('T0', 'T1', 'T2', 'Int'),
    isList: fc.boolean(),
    literal: fc.option(value),
  })
  .map(({ type, isList, literal }) => ({
    text: `${isList ? `[${type}]` : type}${literal === null || type === 'Int' ? '' : ` = ${isList ? `[${literal}, ${literal}]` : literal}`}`,
  }));

function overflows(sdl: string): boolean {
  try {
    buildSchema(sdl);
    return false;
  } catch (error) {
    if (error instanceof RangeError) return true;
    throw error;
  }
}
