import { describe, expect, it } from 'vitest';

import { indexSdl } from './sdl-index.ts';

const link = (imports: string): string =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ${imports})`;

describe('the keys of a type', () => {
  it.each([
    ['', '@key(fields: "id")', [['id']]],
    [
      link('["@key"]'),
      '@key(fields: "id org { id name }") @key(fields: "sku")',
      [['id', 'org.id', 'org.name'], ['sku']],
    ],
    [link('[{ name: "@key", as: "@primary" }]'), '@primary(fields: "id") @key(fields: "no")', [['id']]],
    [link('["@shareable"]'), '@federation__key(fields: "id") @key(fields: "no")', [['id']]],
    [link('["@key"]'), '@key(fields: "id", resolvable: false)', []],
    [link('["@key"]'), '@key(fields: "id {")', []],
  ])('are found by the name that the schema gives the directive: %s type T %s', (head, directives, keys) => {
    expect(indexSdl(`${head} type T ${directives} { id: ID! }`)?.get('T')?.keys).toEqual(keys);
  });
});

it('extensions are part of what they extend, and a text that is no schema is none', () => {
  const index = indexSdl(
    'extend type Query { a(x: [In!]!): Int } input In { y: Int } extend type Query { b: Int }',
  );
  expect([...(index?.get('Query')?.fields.keys() ?? [])]).toEqual(['a', 'b']);
  expect(index?.get('In')?.kind).toBe('input');
  expect(indexSdl('type {')).toBeUndefined();
});
