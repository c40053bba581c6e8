/** Coercion without a schema must accept, refuse and answer exactly as graphql-js does with one. */
import fc from 'fast-check';
import { buildSchema, getVariableValues, Kind, parse, type OperationDefinitionNode } from 'graphql';
import { describe, expect, it } from 'vitest';

import { variablesSpec } from '../plan/variables-spec.ts';
import { coerceVariables } from './variables.ts';

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

const [definition] = parse(text).definitions;
if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('not an operation');
const operation: OperationDefinitionNode = definition;
const spec = variablesSpec(schema, operation);

function ours(given: Record<string, unknown>): unknown {
  const coercion = coerceVariables(spec, given);
  return 'variables' in coercion ? plain(coercion.variables) : 'refused';
}

function theirs(given: Record<string, unknown>): unknown {
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], given);
  return coerced ? plain(coerced) : 'refused';
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

  it('fills in defaults and drops what the operation does not declare', () => {
    expect(ours({ e: 7, extra: 1 })).toEqual({ a: 3, e: '7', h: [[1]], i: 2.5 });
  });

  it('says which variable is wrong, where, and what was expected, without repeating the value', () => {
    const coercion = coerceVariables(spec, { e: 'x', c: { name: 's', points: [{ x: 'secret' }] } });
    expect(coercion).toEqual({
      mistakes: [
        'Variable "$c" got an invalid value at "c.points[0].x"; Int cannot represent it: expected a whole number of at most 32 bits.',
      ],
    });
  });

  it('refuses a custom scalar that is nested too deeply to be written again', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(coerceVariables(spec, { e: 'x', j: deep })).toEqual({
      mistakes: ['Variable "$j" got an invalid value; Json may be nested at most 64 levels deep.'],
    });
  });

  it('is not fooled by names of Object.prototype', () => {
    expect(coerceVariables(spec, JSON.parse('{"e":"x","__proto__":{"a":9},"constructor":1}'))).toEqual({
      variables: { a: 3, e: 'x', h: [[1]], i: 2.5 },
    });
  });
});
