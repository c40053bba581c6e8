/** Coercion without a schema must accept, refuse and answer exactly as graphql-js does with one. */
import fc from 'fast-check';
import { buildSchema, getVariableValues, Kind, parse, type OperationDefinitionNode } from 'graphql';
import { describe, expect, it } from 'vitest';

import { variablesSpec } from '../preparation/variables-spec.ts';
import { variableCoercion, type CoerceVariables, type Coercion } from './variables.ts';

const schema = buildSchema(`
  scalar Json
  enum Color { RED GREEN }
  input Point { x: Int! = 1 y: Float label: String }
  input Shape { name: String! color: Color = RED points: [Point!] nested: Shape tags: [[String]] any: Json }
  input Choice @oneOf { id: ID name: String }
  type Query { f(a: Int, b: [Color!], c: Shape, d: Choice, e: ID!, g: Boolean, h: [[Int!]!]): Int }
`);

const text = `query (
  $a: Int = 3, $b: [Color!], $c: Shape, $d: Choice, $e: ID!, $g: Boolean, $h: [[Int!]!] = [[1]], $i: Float! = 2.5, $j: Json
) { f }`;

const operation = parsed(text);
const coerceVariables = coercionOf(operation);

function parsed(document: string): OperationDefinitionNode {
  const [definition] = parse(document).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('not an operation');
  return definition;
}

function coercionOf(node: OperationDefinitionNode): CoerceVariables {
  return variableCoercion(variablesSpec(schema, node, new Map()));
}

function ours(given: Record<string, unknown>): unknown {
  const coercion = coerceVariables(given);
  return 'variables' in coercion ? plain(Object.fromEntries(coercion.variables)) : 'refused';
}

function theirs(given: Record<string, unknown>): unknown {
  const options = { maxErrors: 1 };
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], given, options);
  return coerced ? plain(coerced) : 'refused';
}

/** The number of errors in one variable is not compared. */
function distinct(locations: readonly unknown[]): string[] {
  return [...new Set(locations.map((location) => JSON.stringify(location)))].sort();
}

function messagesOf(coercion: Coercion): string[] {
  return 'errors' in coercion ? coercion.errors.map(({ message }) => message) : [];
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

const leaf = fc.constantFrom<unknown>(
  null,
  0,
  1,
  -1,
  1.5,
  2_147_483_648,
  true,
  '',
  'RED',
  'GREEN',
  'BLUE',
  'text',
  [],
  {},
);
const point = fc.record({ x: leaf, y: leaf, label: leaf }, { requiredKeys: [] });
const { value: anyShape } = fc.letrec<{ value: unknown; shape: unknown }>((tie) => ({
  shape: fc.record(
    {
      name: fc.oneof(fc.constant('n'), leaf),
      color: leaf,
      points: fc.oneof(fc.array(fc.oneof(point, leaf), { maxLength: 2 }), point, leaf),
      nested: fc.option(tie('shape'), { maxDepth: 2 }),
      tags: fc.oneof(fc.array(fc.oneof(fc.array(leaf, { maxLength: 2 }), leaf), { maxLength: 2 }), leaf),
      any: leaf,
      unknown: leaf,
    },
    { requiredKeys: ['name'] },
  ),
  value: fc.oneof({ weight: 4, arbitrary: tie('shape') }, { weight: 1, arbitrary: leaf }),
}));

const given = fc.record(
  {
    a: leaf,
    b: fc.oneof(leaf, fc.array(leaf, { maxLength: 3 })),
    c: anyShape,
    d: fc.oneof(leaf, fc.record({ id: leaf, name: leaf }, { requiredKeys: [] })),
    e: fc.oneof(fc.constant('id'), leaf),
    g: leaf,
    h: fc.oneof(leaf, fc.array(fc.oneof(leaf, fc.array(leaf, { maxLength: 2 })), { maxLength: 2 })),
    i: leaf,
    j: leaf,
    extra: leaf,
  },
  { requiredKeys: ['e'] },
);

describe('coerceVariables', () => {
  it('agrees with graphql-js on whatever is given', () => {
    fc.assert(
      fc.property(given, (values) => {
        expect(ours(values)).toEqual(theirs(values));
      }),
      { numRuns: 5000 },
    );
  });

  it('says where, as graphql-js does', () => {
    fc.assert(
      fc.property(given, (values) => {
        const coercion = coerceVariables(values);
        const { errors: expected = [] } = getVariableValues(
          schema,
          operation.variableDefinitions ?? [],
          values,
        );
        const errors = 'errors' in coercion ? coercion.errors : [];
        expect(distinct(errors.map(({ locations }) => locations))).toEqual(
          distinct(expected.map(({ locations }) => locations)),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('fills in defaults and drops what the operation does not declare', () => {
    expect(ours({ e: 7, extra: 1 })).toEqual({ a: 3, e: '7', h: [[1]], i: 2.5 });
  });

  it('says which variable is wrong, where, and what was expected, without repeating the value', () => {
    const coercion = coerceVariables({ e: 'x', c: { name: 's', points: [{ x: 'secret' }] } });
    expect(messagesOf(coercion)).toEqual([
      'Variable "$c" got an invalid value at "c.points[0].x"; Int cannot represent it: expected a whole number of at most 32 bits.',
    ]);
  });

  it('refuses a custom scalar that is nested too deeply to be written again', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(messagesOf(coerceVariables({ e: 'x', j: deep }))).toEqual([
      'Variable "$j" got an invalid value; Json may be nested at most 64 levels deep.',
    ]);
  });

  it('is not fooled by names of Object.prototype', () => {
    expect(ours(JSON.parse('{"e":"x","__proto__":{"a":9},"constructor":1}'))).toEqual({
      a: 3,
      e: 'x',
      h: [[1]],
      i: 2.5,
    });
  });

  it('refuses input objects that are nested too deeply, however deep they are', () => {
    let deep: unknown = { name: 's' };
    for (let level = 0; level < 100_000; level += 1) deep = { name: 's', nested: deep };
    const [message] = messagesOf(coerceVariables({ e: 'x', c: deep }));
    expect(message).toMatch(/^Variable "\$c" got .*; Input objects may be nested at most 64 levels deep\.$/);
  });

  it('stops at 50 errors', () => {
    let looks = 0;
    const counted = new Proxy(
      { unknown: 1 },
      {
        ownKeys(target) {
          looks += 1;
          return Reflect.ownKeys(target);
        },
      },
    );
    const given = {
      e: 'x',
      b: Array(1000).fill('BLUE'),
      c: { name: 's', points: Array(1000).fill(counted) },
    };
    expect(messagesOf(coerceVariables(given))).toHaveLength(50);
    expect(messagesOf(coerceVariables({ ...given, b: null }))).toHaveLength(50);
    expect(looks).toBeLessThanOrEqual(50);
  });

  it('cuts names that clients chose', () => {
    const long = 'n'.repeat(1000);
    const [unknownField] = messagesOf(coerceVariables({ e: 'x', c: { name: 's', [long]: 1 } }));
    expect(unknownField?.length).toBeLessThan(200);
    const coerce = coercionOf(parsed(`query ($${long}: Int!) { f }`));
    for (const given of [{ [long]: 'x' }, { [long]: null }, {}]) {
      expect(messagesOf(coerce(given))[0]?.length).toBeLessThan(300);
    }
  });

  it('fills in so many default values and no more', () => {
    const coerce = coercionOf(parsed('query ($p: [Point]) { f }'));
    expect(messagesOf(coerce({ p: Array(50_000).fill({}) }))).toEqual([]);
    expect(messagesOf(coerce({ p: Array(100_000).fill({}) }))).toEqual([
      'Variable "$p" got an invalid value at "p[50000]"; ' +
        'More than 50000 default values would be added: send fewer input objects.',
    ]);
  });

  it('takes any name for a variable, and finds nothing where nothing was given', () => {
    const names = Object.getOwnPropertyNames(Object.prototype);
    const coerce = coercionOf(parsed(`query (${names.map((name) => `$${name}: Json`).join()}) { f }`));
    expect(coerce({})).toEqual({ variables: new Map() });
    const given = JSON.parse(`{${names.map((name) => `"${name}":{"from":"${name}"}`).join()}}`);
    expect(coerce(given)).toEqual({ variables: new Map(names.map((name) => [name, { from: name }])) });
  });

  it('refuses null for a condition where it is used', () => {
    const coerce = coercionOf(
      parsed('query ($a: Boolean = true, $b: Boolean) { f @skip(if: $a) f @include(if: $a) }'),
    );
    expect(coerce({ a: null })).toEqual({
      errors: [
        {
          message: 'Argument "if" of non-null type "Boolean!" must not be null.',
          locations: [{ line: 1, column: 55 }],
        },
      ],
    });
    expect(coerce({ b: null })).toEqual({
      variables: new Map<string, unknown>([
        ['a', true],
        ['b', null],
      ]),
    });
  });
});
