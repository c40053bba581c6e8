import fc from 'fast-check';
import {
  buildSchema,
  parseConstValue,
  valueFromAST,
  type GraphQLInputObjectType,
  type GraphQLInputType,
} from 'graphql';
import { describe, expect, it } from 'vitest';

import { ExactNumber } from '../shared/exact-number.ts';
import { defaultValueOf, literalValue } from './literal-values.ts';

const schema = buildSchema(`
  type Query { find(by: Filter = { int: 9007199254740993 }, plain: Int): Int }
  scalar Json
  enum Color { RED GREEN }
  input Filter {
    int: Float
    text: String! = "none"
    color: Color = RED
    ids: [[ID!]]
    json: Json
    and: [Filter!]
  }
`);

describe('literalValue', () => {
  it.each<[string, string, unknown]>([
    ['Json', '9007199254740993', new ExactNumber('9007199254740993')],
    ['Json', '{ a: [1.10] }', { a: [new ExactNumber('1.10')] }],
    ['Json', 'RED', 'RED'],
    ['Float', '1.10', new ExactNumber('1.10')],
    ['Float', '1.5', 1.5],
    ['Int', '-0', 0],
    ['ID', '9007199254740993', '9007199254740993'],
    ['ID', '"007"', '007'],
    ['String', '"""\n  block\n"""', 'block'],
    ['Color', 'GREEN', 'GREEN'],
    ['Color', 'null', null],
  ])('reads %s %s with all that it says', (type, text, expected) => {
    const value = literalValue(parseConstValue(text), schema.getType(type) as GraphQLInputType);
    expect(JSON.stringify(value)).toBe(JSON.stringify(expected));
  });

  it('adds defaults of fields that are missing, also nested ones, but not for null', () => {
    const filter = schema.getType('Filter') as GraphQLInputObjectType;
    expect(literalValue(parseConstValue('{ color: null, and: { text: "x" } }'), filter)).toEqual({
      text: 'none',
      color: null,
      and: [{ text: 'x', color: 'RED' }],
    });
  });

  it('reads what graphql-js reads, of every type and shape', () => {
    const types = schema.getTypeMap();
    fc.assert(
      fc.property(filterText, (text) => {
        const type = types['Filter'] as GraphQLInputObjectType;
        const node = parseConstValue(text);
        expect(literalValue(node, type)).toEqual(valueFromAST(node, type));
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});

it('a default value keeps its digits; none is undefined', () => {
  const [by, plain] = schema.getQueryType()!.getFields()['find']!.args;
  expect(JSON.stringify(defaultValueOf(by!))).toBe('{"int":9007199254740993,"text":"none","color":"RED"}');
  expect(defaultValueOf(plain!)).toBeUndefined();
  expect(defaultValueOf({ ...plain!, defaultValue: 7 })).toBe(7);
});

/** The text of a valid `Filter`, where lists of one element may be written without brackets. */
const { filterText } = fc.letrec<{ filterText: string; filters: string }>((tie) => ({
  filterText: fc
    .record(
      {
        int: fc.constantFrom('1', '1.5', '-2', 'null'),
        text: fc.constantFrom('"x"', '""', '"null"'),
        color: fc.constantFrom('RED', 'GREEN', 'null'),
        ids: fc.constantFrom('null', '"a"', '5', '["a", 6]', '[["a"], null, []]', '[]'),
        json: fc.constantFrom('null', '{ a: [1, RED, null] }', '[true]', '"x"'),
        and: tie('filters'),
      },
      { requiredKeys: [] },
    )
    .map(
      (fields) =>
        `{ ${Object.entries(fields)
          .map(([name, text]) => `${name}: ${text}`)
          .join(' ')} }`,
    ),
  filters: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('null', '[]'),
    tie('filterText'),
    fc.array(tie('filterText'), { maxLength: 2 }).map((texts) => `[${texts.join(', ')}]`),
  ),
}));
