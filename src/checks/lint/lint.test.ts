import { describe, expect, it } from 'vitest';

import { federation, lint, only } from '../../../test/checks/support/lint-table.ts';
import { hostileSchemaNames } from '../../../test/support/hostile-names.ts';
import type { LintRule } from '../../config/checks/rules.ts';

describe('the hint of a rule has the text to write', () => {
  it.each<readonly [string, LintRule, string]>([
    ['type order_item { a: Int }', 'lint-type-name', 'Rename `order_item` to `OrderItem`'],
    ['input create_order { a: Int }', 'lint-type-name', 'Rename `create_order` to `CreateOrder`'],
    [
      'type order { a: Int }\ntype Order { a: Int }',
      'lint-type-name',
      'Rename `order`: `Order` exists already',
    ],
    ['type ___ { a: Int }', 'lint-type-name', 'Rename `___` to a name such as PascalCase'],
    ['type A { created_at: Int }', 'lint-field-name', 'Rename `created_at` to `createdAt`'],
    ['type A { URLPath: Int }', 'lint-field-name', 'Rename `URLPath` to `urlPath`'],
    ['type A { line_2: Int }', 'lint-field-name', 'Rename `line_2` to `line2`'],
    ['type A { _1: Int }', 'lint-field-name', 'Rename `_1` to a name such as camelCase'],
    ['enum E { inProgress }', 'lint-enum-value', 'Rename `inProgress` to `IN_PROGRESS`'],
    ['input order_filter { a: Int }', 'lint-input-name', 'Rename `order_filter` to `OrderFilterInput`'],
    [
      `${federation}\ntype Query { as(limit: Int): [A!]! }\ntype A { a: Int }`,
      'lint-list-cost',
      'Write `@listSize(slicingArguments: ["limit"])` after its type',
    ],
    [
      `${federation}\ntype Query { as(ids: [ID!]!): [A!]! }\ntype A { a: Int }`,
      'lint-list-cost',
      'Write `@listSize(slicingArguments: ["ids"])` after its type',
    ],
    [
      'extend schema @link(url: "https://specs.apollo.dev/cost/v0.1")\ntype Query { as: [A!]! }\ntype A { a: Int }',
      'lint-list-cost',
      'Write `@cost__listSize(assumedSize: 10)` after its type',
    ],
    [
      'type Query { as(filter: Int): [A!]! }\ntype A { a: Int }',
      'lint-list-pagination',
      'Write `as(filter: ..., first: Int = 20)`, or `@listSize(assumedSize: 10)` if it is always short',
    ],
    [
      'type A { bs: [[Int]] }',
      'lint-nullable-list-item',
      'Write `[[Int]!]` unless a place in the list means something by itself',
    ],
    [
      'type A { b: Int @deprecated }',
      'lint-deprecation-reason',
      'Write `@deprecated(reason: "Use <what replaces it>")`',
    ],
    ['type A { b: Int }', 'lint-description', 'Write `"What it is."` on the line above `type A`'],
    [
      'type Query { a: Int }\ntype B { a: Int }',
      'lint-unused-type',
      'Remove `B`, or add a field or an argument that has it as its type',
    ],
    ['type A { id: Int! }', 'lint-id-type', 'Write `id: ID!`'],
    ['type A { id: Int }', 'lint-id-type', 'Write `id: ID`'],
    [
      '"A." type Query { a_b: [Int]! }',
      'lint-nullable-list-item',
      'Write `[Int!]!` unless a place in the list means something by itself',
    ],
    ['type Query { a_b: Int }', 'lint-description', 'Write `"What it is."` on the line above `a_b`'],
    ['interface A { b: Int }', 'lint-description', 'Write `"What it is."` on the line above `interface A`'],
  ])('%s', (sdl, rule, hint) => {
    expect(lint(sdl, only(rule)).map((finding) => finding.hint)).toContain(hint);
  });

  it('names an input type once, whichever rule finds it', () => {
    const hints = lint('input create_order { a: Int }').flatMap(({ rule, hint }) =>
      rule.endsWith('-name') ? [hint] : [],
    );
    expect(hints).toEqual([
      'Rename `create_order` to `CreateOrderInput`',
      'Rename `create_order` to `CreateOrderInput`',
    ]);
  });
});

it('calls an interface by its kind where another subgraph has it as an interface object', () => {
  const sdls = [
    `${federation}\ntype Media @interfaceObject @key(fields: "id") { id: ID! }`,
    `${federation}\ninterface Media @key(fields: "id") { id: ID! title: String }`,
  ];
  expect(lint(sdls, only('lint-description'))).toMatchObject([
    { message: 'The interface type Media has no description', location: { file: 'b.graphql' } },
  ]);
});

it('leaves out nullable items by default', () => {
  expect(lint('type Query { "A." a: [Int] }')).toEqual([]);
});

it('leaves out what is to be ignored, with everything in it', () => {
  const sdl = 'type Query { a_b: Int }\ntype order_item { a_b: Int }\ntype order_items { a_b: Int }';
  const ignore = ['order_item.*', 'Query.a_b'];
  const coordinates = lint(sdl, { ignore }).map(({ coordinate }) => coordinate);
  expect([...new Set(coordinates)]).toEqual(['order_items', 'order_items.a_b']);
});

it('skips a subgraph that cannot be parsed, however deep its types are nested', () => {
  const deep = `type Query { a: ${'['.repeat(200_000)}Int${']'.repeat(200_000)} }`;
  expect(lint(['type Query {', deep, 'type a { b: Int }'], only('lint-type-name'))).toMatchObject([
    { location: { file: 'c.graphql' } },
  ]);
});

it.each(hostileSchemaNames)('reads types, fields, arguments and tags called %s', (name) => {
  const sdl = `${federation}\ntype Query { ${name}(${name}: ${name}): ${name} @tag(name: "${name}") }\nenum ${name} { ${name} }`;
  const settings = { allowedTags: [] };
  expect(lint(sdl, settings).filter(({ rule }) => rule === 'lint-unused-type')).toEqual([]);
  expect(lint(sdl, settings).filter(({ rule }) => rule === 'lint-tag-name')).toMatchObject([
    { coordinate: `Query.${name}` },
  ]);
});
