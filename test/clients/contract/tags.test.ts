/** Where tags are found: in a supergraph by coordinate, in subgraphs with the name of who applies them. */
import { parse } from 'graphql';
import { expect, it } from 'vitest';

import { readTags, readTagSources, type Tags } from '../../../src/preparation/contract/tags.ts';
import { composedGraph } from './graph.ts';

const federation = (imports: string): string =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: [${imports}])`;

it('reads the tags of every kind of element', () => {
  const { tags } = composedGraph({
    only: `
      directive @in(unit: Unit @tag(name: "t")) on FIELD
      type Query @tag(name: "t") { a(b: In @tag(name: "t")): I @tag(name: "t") @tag(name: "u") c: Any d: U }
      interface I @tag(name: "t") { id: ID @tag(name: "t") }
      type A implements I { id: ID @tag(name: "t") }
      union U @tag(name: "t") = A
      scalar Any @tag(name: "t")
      enum Unit @tag(name: "t") { ONE @tag(name: "t") }
      input In @tag(name: "t") { id: ID @tag(name: "t") }
    `,
  });
  const coordinates = `
    @in(unit:) A.id Any I I.id In In.id Query Query.a Query.a(b:) U Unit Unit.ONE
  `;
  expect([...tags.keys()].sort()).toEqual(coordinates.trim().split(/\s+/));
  expect([...(tags.get('Query.a') ?? [])]).toEqual(['t', 'u']);
});

it.each([
  ['another name', '{ name: "@tag", as: "@label" }', 'label'],
  ['the name of its specification', '"@shareable"', 'federation__tag'],
])('reads tags that are imported under %s', (_, imports, directive) => {
  const sdl = `
    ${federation(imports)}
    type Query { id: ID @${directive}(name: "internal") }
  `;
  const { tags, tagSources } = composedGraph({ only: sdl });
  expect(listed(tags)).toEqual({ 'Query.id': ['internal'] });
  expect(tagSources.get('Query.id')?.get('internal')).toEqual(['only']);
});

it('knows tags of subgraphs of federation 1', () => {
  const sources = readTagSources([{ name: 'old', sdl: 'type Query { id: ID @tag(name: "internal") }' }]);
  expect(sources.get('Query.id')?.get('internal')).toEqual(['old']);
});

it('takes a directive that is merely called tag for none', () => {
  const sdl = `
    ${federation('"@shareable"')}
    directive @tag(name: String) on FIELD_DEFINITION
    type Query { id: ID @tag(name: "internal") }
  `;
  expect(readTagSources([{ name: 'only', sdl }]).size).toBe(0);
  const supergraph = `
    schema @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
    directive @tag(name: String) on FIELD_DEFINITION
    type Query { id: ID @tag(name: "internal") }
  `;
  expect(readTags(parse(supergraph)).size).toBe(0);
});

it('names each subgraph that applies a tag, in definitions and extensions and under its own names of root types', () => {
  const one = `
    ${federation('"@tag", "@shareable"')}
    schema { query: Questions }
    type Questions { id: ID @shareable @tag(name: "internal") }
  `;
  const other = `
    ${federation('"@tag", "@shareable"')}
    extend type Query @tag(name: "internal") { id: ID @shareable @tag(name: "internal") @tag(name: "beta") }
  `;
  const { tags, tagSources } = composedGraph({ one, other });
  expect(listed(tags)).toEqual({ Query: ['internal'], 'Query.id': ['internal', 'beta'] });
  expect(tagSources.get('Query')?.get('internal')).toEqual(['other']);
  expect(tagSources.get('Query.id')?.get('internal')).toEqual(['one', 'other']);
  expect(tagSources.get('Query.id')?.get('beta')).toEqual(['other']);
});

it('gives the fields of an interface object its tags on every type that has them from it', () => {
  const { tags } = composedGraph({
    media: `
      type Query { media: Media }
      interface Media @key(fields: "id") { id: ID! title: String }
      type Book implements Media @key(fields: "id") { id: ID! title: String }
    `,
    reviews: `
      type Media @interfaceObject @key(fields: "id") @tag(name: "internal") {
        id: ID!
        reviews: Int @tag(name: "beta")
      }
    `,
  });
  expect(listed(tags)).toEqual({
    Media: ['internal'],
    'Media.reviews': ['beta'],
    'Book.reviews': ['beta', 'internal'],
  });
});

it('reads tags of names that every JavaScript object has', () => {
  const sdl = 'type Query { constructor: ID @tag(name: "__proto__") __proto__: ID @tag(name: "toString") }';
  const sources = readTagSources([{ name: 'constructor', sdl }]);
  expect(sources.get('Query.constructor')?.get('__proto__')).toEqual(['constructor']);
  expect(sources.get('Query.__proto__')?.get('toString')).toEqual(['constructor']);
  expect(listed(readTags(parse(sdl)))).toEqual({
    'Query.constructor': ['__proto__'],
    'Query.__proto__': ['toString'],
  });
});

function listed(tags: Tags): Record<string, string[]> {
  return Object.fromEntries([...tags].map(([coordinate, names]) => [coordinate, [...names]]));
}
