import {
  buildClientSchema,
  buildSchema,
  GraphQLList,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  parse,
  printSchema,
  type IntrospectionQuery,
} from 'graphql';
import { describe, expect, it } from 'vitest';

import { hideUnprintableDefaults, introspectSchema, printedSchema } from './schema-text.ts';

const sdl = `directive @x(a: Json = [1]) on FIELD

scalar Json

interface Named {
  name(style: Json = {short: true}): String
}

input Filter {
  list: Json = ["a", 1]
  object: Json = {a: 1, b: [{c: null}]}
  plain: Json = 1
  none: Json
  empty: Json = {}
  digits: Json = 12345678901234567890
  inner: [Inner!] = [{list: []}]
}

input Inner {
  list: Json
}

type Query implements Named {
  name(style: Json = {short: true}): String
  """A text about it"""
  a(filter: Filter = {list: [2]}, texts: [String!]! = ["x"], required: Json! = [[1], {z: 1.10}]): String
}`;

describe('the text of a schema', () => {
  it('has defaults of custom scalars as they are written', () => {
    expect(() => printSchema(buildSchema(sdl))).toThrow('Cannot convert value to AST');
    expect(printedSchema(buildSchema(sdl))).toBe(sdl);
  });

  it('is the same a second time: the schema keeps its defaults', () => {
    const schema = buildSchema(sdl);
    printedSchema(schema);
    expect(schema.getQueryType()?.getFields()['a']?.args[2]?.defaultValue).toEqual([[1], { z: 1.1 }]);
    expect(printedSchema(schema)).toBe(sdl);
  });

  it('is that of graphql-js where it has a literal for each default', () => {
    const schema = buildSchema(`
      enum Colour { RED }
      input Filter { colour: Colour = RED  size: Int = 3 }
      type Query { a(filter: Filter = {}, ids: [ID] = [1]): String }
    `);
    expect(printedSchema(schema)).toBe(printSchema(schema));
    expect(printedSchema(schema)).toContain('filter: Filter = {colour: RED, size: 3}, ids: [ID] = [1]');
  });

  it('fails as that of graphql-js where a default is not written anywhere', () => {
    const json = new GraphQLScalarType({ name: 'Json' });
    const args = { list: { type: new GraphQLList(json), defaultValue: [{ a: 1 }] } };
    const query = new GraphQLObjectType({ name: 'Query', fields: { a: { type: GraphQLString, args } } });
    expect(() => printedSchema(new GraphQLSchema({ query }))).toThrow('Cannot convert value to AST');
  });
});

describe('introspection', () => {
  it('has defaults of custom scalars as they are written', () => {
    const document = parse(`{
      filter: __type(name: "Filter") { inputFields { name defaultValue } }
      query: __type(name: "Query") { fields { args { name defaultValue } } }
    }`);
    expect(introspectSchema(buildSchema(sdl), { document })).toEqual({
      filter: {
        inputFields: [
          { name: 'list', defaultValue: '["a", 1]' },
          { name: 'object', defaultValue: '{a: 1, b: [{c: null}]}' },
          { name: 'plain', defaultValue: '1' },
          { name: 'none', defaultValue: null },
          { name: 'empty', defaultValue: '{}' },
          { name: 'digits', defaultValue: '12345678901234567890' },
          { name: 'inner', defaultValue: '[{list: []}]' },
        ],
      },
      query: {
        fields: [
          { args: [{ name: 'style', defaultValue: '{short: true}' }] },
          {
            args: [
              { name: 'filter', defaultValue: '{list: [2]}' },
              { name: 'texts', defaultValue: '["x"]' },
              { name: 'required', defaultValue: '[[1], {z: 1.10}]' },
            ],
          },
        ],
      },
    });
  });

  it('asks for everything unless it is told what', () => {
    expect(
      buildClientSchema(introspectSchema(buildSchema(sdl)) as unknown as IntrospectionQuery),
    ).toBeDefined();
  });

  it('fails where a part of it does', () => {
    const document = parse('query ($name: String!) { __type(name: $name) { name } }');
    expect(() => introspectSchema(buildSchema(sdl), { document })).toThrow('Introspection failed');
  });
});

describe('a schema without defaults that graphql-js cannot print', () => {
  it('can be printed, and requires no more than before', () => {
    const schema = buildSchema(sdl);
    hideUnprintableDefaults(schema);
    expect(printSchema(schema)).toContain('texts: [String!]! = ["x"]');
    const required = schema.getQueryType()?.getFields()['a']?.args[2];
    expect(required?.defaultValue).toBeNull();
  });
});
