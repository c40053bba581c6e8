/** What composition says where it fails, and what of GraphQL's own directives a supergraph keeps. */
import { buildSchema, graphqlSync, introspectionFromSchema, printSchema } from 'graphql';
import { describe, expect, it } from 'vitest';

import { assertLoadedByApolloGateway } from '../supergraph/apollo-gateway.ts';
import { loadServable } from '../supergraph/supergraph.ts';
import { prepare } from '../prepare.ts';
import { loadSupergraph } from '../supergraph/supergraph.ts';
import { compose } from './compose.ts';
import { noteText } from './notes.ts';

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@shareable"])\n';

describe('each mistake names subgraph, file and line', () => {
  it.each<[string, readonly string[], string | RegExp]>([
    ['a syntax error', ['type Query {\n  a: }'], 'a.graphql:3:6 [a] INVALID_GRAPHQL'],
    ['a field twice', ['type Query {\n  a: Int\n  a: ID\n}'], 'a.graphql:4:3 [a] INVALID_GRAPHQL'],
    [
      'a field twice by an extension',
      ['type Query {\n  a: Int }\nextend type Query {\n  a: ID\n}'],
      'a.graphql:5:3 [a]',
    ],
    ['a type twice', ['type Query { a: Int }\n\ntype Query { b: Int }'], 'a.graphql:4:6 [a]'],
    ['an argument twice', ['type Query {\n  a(b: Int,\n    b: Int): Int }'], 'a.graphql:4:5 [a]'],
    ['an enum value twice', ['type Query { a: E }\nenum E {\n  A\n  A\n}'], 'a.graphql:5:3 [a]'],
    [
      'an input field twice',
      ['type Query { a(i: I): Int }\ninput I {\n  b: Int\n  b: Int }'],
      'a.graphql:5:3 [a]',
    ],
    [
      'a directive twice',
      ['directive @x on OBJECT\ndirective @x on FIELD\ntype Query { a: Int }'],
      'a.graphql:3:12 [a]',
    ],
    ['a schema twice', ['schema { query: Q }\nschema { query: Q }\ntype Q { a: Int }'], 'a.graphql:3:1 [a]'],
    [
      'a directive without an argument it needs',
      ['directive @x(b: Int!) on FIELD_DEFINITION\ntype Query {\n  a: Int @x }'],
      'a.graphql:4:10 [a]',
    ],
    [
      'a directive with an argument it lacks',
      ['directive @x on FIELD_DEFINITION\ntype Query {\n  a: Int @x(b: 1) }'],
      'a.graphql:4:13 [a]',
    ],
    ['an unknown type', ['type Query {\n  a: Nope }'], 'a.graphql:3:6 [a]'],
    ['an unknown directive', ['type Query {\n  a: Int @nope }'], 'a.graphql:3:10 [a]'],
    [
      'a key of a field that is not there',
      ['type Query { a: T }\ntype T\n  @key(fields: "x") { b: Int }'],
      'a.graphql:4:3 [a]',
    ],
    [
      'a default value that leads back to its own type',
      ['type Query { a(i: I): Int }\ninput I {\n  b: Int\n  i: I = {} }'],
      'a.graphql:5:3 [a] I.i INVALID_GRAPHQL: [a] The default value of "I.i" leads back to its own type "I"',
    ],
    [
      'a default value of the wrong type',
      ['type Query {\n  a(b: Int = "x"): Int }'],
      'a.graphql:3:5 [a] Query.a(b:) INVALID_GRAPHQL',
    ],
    [
      'a default value of a merged input type',
      [
        'type Query { a(i: I): Int }\ninput I { x: Int }',
        'type Query {\n  b(i: I = { x: 1, y: 2 }): Int }\ninput I {\n  x: Int\n  y: Int }',
      ],
      /^b\.graphql:3:5 \[b\] Query\.b\(i:\) .*"I\.y" is not part of the graph, because it is not defined in subgraph "a": .*\n {4}also b\.graphql:6:3 \[b\]\n {4}also a\.graphql:3:1 \[a\]$/,
    ],
    [
      'a default value of a merged input type inside of another, in a list',
      [
        'type Query { a(i: [O!]): Int }\ninput O { i: I }\ninput I { x: Int }',
        'type Query {\n  b(i: [O!] = [{ i: { y: 2 } }]): Int }\ninput O { i: I }\ninput I { x: Int\n  y: Int }',
      ],
      /^b\.graphql:3:5 \[b\] Query\.b\(i:\) .*"I\.y" is not part of the graph.*\n {4}also b\.graphql:6:3/,
    ],
    [
      'a default value of an input field',
      [
        'type Query { a(i: I): Int }\ninput I { e: E = A }\nenum E { A }',
        'type Query { b(i: I): Int }\ninput I {\n  e: E = B }\nenum E { A\n  B }',
      ],
      /^a\.graphql:3:11 \[a\] I\.e INPUT_FIELD_DEFAULT_MISMATCH.*\n {4}also b\.graphql:4:3 \[b\]/,
    ],
    [
      'a default value that is an enum value of another subgraph',
      ['type Query { a(e: E): Int }\nenum E { A }', 'type Query {\n  b(e: E = B): Int }\nenum E { A\n  B }'],
      /^b\.graphql:3:5 \[b\] Query\.b\(e:\) .*"E\.B" is not part of the graph/,
    ],
    [
      'a required input field of one subgraph',
      [
        'type Query { a(i: I): Int }\ninput I { x: Int }',
        'type Query { b(i: I): Int }\ninput I { x: Int\n  y: Int! }',
      ],
      'b.graphql:4:3 [b] I.y REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH',
    ],
    [
      'a field that cannot be reached',
      [
        'type Query { a: P }\ntype P @key(fields: "id") { id: ID! @shareable }',
        'type Query { b: P }\ntype P { id: ID! @shareable\n  y: Int }',
      ],
      'b.graphql:4:3 [b] P.y SATISFIABILITY_ERROR',
    ],
    [
      'input types without a common field',
      ['type Query { a(i: I): Int }\ninput I { x: Int }', 'type Query { b(i: I): Int }\ninput I { y: Int }'],
      /^[ab]\.graphql:3:\d+ \[[ab]\] I\b/,
    ],
    ['no query', ['type P @key(fields: "id") { id: ID }'], /NO_QUERIES/],
  ])('%s', (_, sdls, expected) => {
    const [first = ''] = mistakesIn(sdls);
    if (typeof expected === 'string') expect(first.slice(0, expected.length)).toBe(expected);
    else expect(first).toMatch(expected);
  });
});

describe('directives of GraphQL itself', () => {
  const search = 'type Query { find(by: By!): Int }\ninput By @oneOf { id: ID\n  name: String }';

  it.each([
    ['bare', search],
    ['declared', `directive @oneOf on INPUT_OBJECT\n${search}`],
    [
      'said by an extension',
      'type Query { find(by: By!): Int }\ninput By { id: ID }\nextend input By @oneOf { name: String }',
    ],
  ])('keeps @oneOf: %s', (_, sdl) => {
    const sdlOfAll = supergraphOf([
      sdl,
      `type Query { other(by: By): Int }\n${search.split('\n').slice(1).join('\n')}`,
    ]);
    const { schema } = loadSupergraph(sdlOfAll);
    const { data } = graphqlSync({ schema, source: '{ __type(name: "By") { isOneOf } }' });
    expect(data).toEqual({ __type: { isOneOf: true } });
    expect(printSchema(buildSchema(printSchema(schema)))).toContain('input By @oneOf {');
  });

  it('says where @oneOf may not stand, also of a supergraph that does not define it', () => {
    const sdl = supergraphOf(['type Query { a: Int }']).replace(/type Query[^{]*/, '$& @oneOf ');
    expect(() => loadSupergraph(sdl)).toThrow('Directive "@oneOf" may not be used on OBJECT');
  });

  it('enforces @oneOf of a supergraph that does not define it', () => {
    const sdl = supergraphOf([search]).replace('directive @oneOf on INPUT_OBJECT', '');
    expect(sdl).toContain('@oneOf');
    expect(loadSupergraph(sdl).schema.getType('By')).toMatchObject({ isOneOf: true });
  });

  it('keeps @deprecated and @specifiedBy wherever they may stand', () => {
    const sdl = `type Query { a(x: Int @deprecated(reason: "r1"), i: I): U @deprecated(reason: "r2") }
      input I { y: E @deprecated(reason: "r3") } enum E { A B @deprecated(reason: "r4") }
      scalar U @specifiedBy(url: "https://example.test/u")`;
    const { schema } = loadSupergraph(supergraphOf([sdl]));
    const text = JSON.stringify(
      introspectionFromSchema(schema, { inputValueDeprecation: true, specifiedByUrl: true }),
    );
    for (const reason of ['r1', 'r2', 'r3', 'r4']) expect(text).toContain(`"deprecationReason":"${reason}"`);
    expect(text).toContain('"specifiedByURL":"https://example.test/u"');
  });

  it.each<[string, readonly string[], string]>([
    [
      '@oneOf in one subgraph only',
      [search, 'type Query { other(by: By): Int }\ninput By { id: ID name: String }'],
      'b.graphql:3:1 [b] By ONE_OF_MISMATCH: Input type "By" is @oneOf in subgraph "a" but not in subgraph "b": add @oneOf in all of them or in none\n    also a.graphql:3:1 [a]',
    ],
    [
      'a field that must be given',
      ['type Query { a(i: I): Int }\ninput I @oneOf { x: Int\n  y: Int! }'],
      'a.graphql:4:3 [a] I.y INVALID_GRAPHQL: [a] "I.y" is a field of a @oneOf input type: it must be nullable and have no default value',
    ],
    [
      'a field with a default value',
      ['type Query { a(i: I): Int }\ninput I @oneOf { x: Int\n  y: Int = 1 }'],
      'a.graphql:4:3 [a] I.y INVALID_GRAPHQL',
    ],
    ...['skip', 'include', 'deprecated', 'specifiedBy', 'oneOf'].map((name): [string, string[], string] => [
      `@${name} with another meaning`,
      [`type Query { a: Int }\ndirective @${name}(label: String) on QUERY`],
      `a.graphql:3:1 [a] @${name} DIRECTIVE_DEFINITION_INVALID: [a] @${name} belongs to GraphQL itself`,
    ]),
  ])('refuses %s', (_, sdls, expected) => {
    expect(mistakesIn(sdls)[0]?.slice(0, expected.length)).toBe(expected);
  });

  it('accepts their definitions, also older ones', () => {
    const sdl = `directive @skip(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
      directive @include(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
      directive @deprecated(reason: String = "No longer supported") on FIELD_DEFINITION | ENUM_VALUE
      directive @specifiedBy(url: String!) on SCALAR
      type Query { a: Int @deprecated }`;
    expect(mistakesIn([sdl])).toEqual([]);
  });
});

describe('executable directives that every subgraph defines stay', () => {
  const names = [
    'foo',
    'defer',
    'stream',
    'tag',
    'requires',
    'provides',
    'external',
    'inaccessible',
    'override',
  ];

  it.each([...names, 'composeDirective', 'interfaceObject', 'core', 'cost', 'policy', 'constructor'])(
    '@%s',
    async (name) => {
      const directive = `directive @${name}(label: String) on QUERY | FIELD | INLINE_FRAGMENT`;
      const sdl = supergraphOf([
        `${directive}\ntype Query { a: T }\ntype T { x: String }`,
        `${directive}\ntype Query { b: Int }`,
      ]);
      expect(sdl).toContain(`directive @${name}(label: String)`);
      await assertLoadedByApolloGateway(sdl);
      const loaded = loadServable(sdl, []);
      const query = `query($l: String) @${name}(label: "q") { a { x @${name}(label: $l) ... @${name}(label: "@executable__tag") { y: x } } }`;
      const options = { tokensMax: 1000, suggestions: false };
      const prepared = prepare(loaded, { query, operationName: null }, options);
      const used = new RegExp(`@${name}\\(label:(?:\\$l|\\\\"q\\\\"|\\\\"@executable__tag\\\\")\\)`, 'g');
      expect(new Set(JSON.stringify(prepared).match(used))).toHaveLength(3);
    },
  );

  it('says which one is not defined by every subgraph', () => {
    const result = composeAll(['directive @tag on FIELD\ntype Query { a: Int }', 'type Query { b: Int }']);
    const hints = 'hints' in result ? result.hints.map(noteText) : [];
    expect(hints).toEqual([
      expect.stringMatching(/^a\.graphql:2:1 \[a\] @tag .*"@tag" will not be part of the supergraph/),
    ]);
  });

  it('leaves the directives of federation alone', () => {
    const sdl =
      'extend schema @link(url: "https://specs.apollo.dev/tag/v0.3", import: ["@tag"])\ntype Query { a: Int @tag(name: "x") }';
    expect(supergraphOf([sdl])).toContain('@tag(name: "x")');
  });
});

function supergraphOf(sdls: readonly string[]): string {
  const result = composeAll(sdls);
  if ('errors' in result) throw new Error(result.errors.map(noteText).join('\n'));
  return result.supergraphSdl;
}

function mistakesIn(sdls: readonly string[]): string[] {
  const result = composeAll(sdls);
  return 'errors' in result ? result.errors.map(noteText) : [];
}

/** Subgraphs `a`, `b`, ... of these definitions, which begin in the second line. */
function composeAll(sdls: readonly string[]): ReturnType<typeof compose> {
  return compose(
    sdls.map((sdl, index) => {
      const name = 'abc'.charAt(index);
      return { name, url: `http://${name}.test/`, file: `${name}.graphql`, sdl: link + sdl };
    }),
  );
}
