import { buildSchema, parse } from 'graphql';
import { describe, expect, it } from 'vitest';

import { CostRules } from './cost-rules.ts';

const head = `
  schema @link(url: "https://specs.apollo.dev/cost/v0.1", import: [{ name: "@cost", as: "@price" }]) { query: Query }
  directive @link(url: String, import: [Import]) on SCHEMA
  scalar Import
  directive @price(weight: String!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
  directive @cost__listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) repeatable on FIELD_DEFINITION
`;

function rulesOf(sdl: string): CostRules {
  const text = `${head}\n${sdl}`;
  return new CostRules(parse(text), buildSchema(text));
}

describe('the rules of a supergraph', () => {
  const rules = rulesOf(`
    directive @near(km: Float @price(weight: "-1.5")) on FIELD
    interface Node { id: ID list(first: Int): [Node] @cost__listSize(slicingArguments: ["first"]) }
    type Query implements Node @price(weight: "4") {
      id: ID @price(weight: "2.5")
      list(first: Int @price(weight: " 3 ")): [Node]
      other(first: Int): [Node]
    }
    type Cheap implements Node @price(weight: "-7") { id: ID list(first: Int): [Node] @cost__listSize(assumedSize: 2) }
    input In { a: Int @price(weight: "1") }
    enum E @price(weight: "9") { A }
  `);
  const schema = buildSchema(
    'type Query { a: E } type Cheap { a: Int } interface Node { id: ID } enum E { A }',
  );

  it('are read under the names of the document', () => {
    expect(rules.fieldWeight('Query', 'id')).toBe(2.5);
    expect(rules.argumentWeight('Query', 'list', 'first')).toBe(3);
    expect(rules.argumentWeight('Query', 'other', 'first')).toBeUndefined();
    expect(rules.inputFieldWeight('In', 'a')).toBe(1);
    expect(rules.hasNegative).toBe(true);
  });

  it('have a weight for each type, never a negative one, and for an interface that of its dearest member', () => {
    const weights = ['Query', 'Cheap', 'Node', 'E', 'Int'].map((name) => {
      const type = schema.getType(name);
      return type && rules.typeWeight(type);
    });
    expect(weights).toEqual([4, 0, 4, 9, 0]);
  });

  it('have the list sizes of an interface where a member has none of its own', () => {
    expect(rules.listSizes('Query', 'list')).toMatchObject([{ slicingArguments: [['first']] }]);
    expect(rules.listSizes('Cheap', 'list')).toMatchObject([{ assumedSize: 2 }]);
    expect(rules.listSizes('Query', 'other')).toEqual([]);
  });
});

it('directives that cannot be read are refused, all of them', () => {
  expect(() =>
    rulesOf(`type Query {
      a: Int @price(weight: "much")
      b(x: Int @price(weight: "")): [Int] @cost__listSize(assumedSize: -1)
      c: Query @cost__listSize(sizedFields: ["{", "... on Query { b }"])
    }`),
  ).toThrow(
    [
      '@price of Query.a needs a number as its weight',
      '@price of Query.b(x:) needs a number as its weight',
      '@cost__listSize of Query.b has a negative assumedSize',
      '@cost__listSize of Query.c has sizedFields that cannot be read: {',
      '@cost__listSize of Query.c has sizedFields that cannot be read: ... on Query { b }',
    ].join('\n'),
  );
});

it('list sizes that do not fit the schema are refused, all of them', () => {
  expect(() =>
    rulesOf(`
      input In { a: Int b: String deep: In }
      type Query {
        one: Int @cost__listSize(assumedSize: 1)
        two(in: In, text: String): [Query]
          @cost__listSize(slicingArguments: ["in.deep.a", "in.b", "text", "in.x", "y"])
        three: Query @cost__listSize(assumedSize: 1, sizedFields: ["two", "three { two }", "one", "three { x }"])
      }
    `),
  ).toThrow(
    [
      '@listSize of Query.one has no sizedFields, and the field is not a list',
      '@listSize of Query.two has the slicing argument in.b, which is no Int or list of this field',
      '@listSize of Query.two has the slicing argument text, which is no Int or list of this field',
      '@listSize of Query.two has the slicing argument in.x, which is no Int or list of this field',
      '@listSize of Query.two has the slicing argument y, which is no Int or list of this field',
      '@listSize of Query.three has the sized field one, which is no list below this field',
      '@listSize of Query.three has the sized field three.x, which is no list below this field',
    ].join('\n'),
  );
});
