import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';

import type { FetchNode, RequiredSelection } from '../../pipeline/prepared.ts';
import { JoinSpec } from '../supergraph/join-spec.ts';
import { withPartialFetches } from './partial-fetches.ts';

const joins = new JoinSpec(
  parse(`
    enum join__Graph { A @join__graph(name: "a") B @join__graph(name: "b") }
    type Book @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: B, key: "isbn size { x }") {
      tax: Int @join__field(graph: A) @join__field(graph: B, requires: "price { amount }")
      duty: Int @join__field(graph: B, requires: "price { amount }")
      fee: Int @join__field(graph: B, requires: "weight")
      stock: Int @join__field(graph: B)
    }
    type Film @join__type(graph: B, key: "id") { tax: Int @join__field(graph: B) }
  `),
);

describe('withPartialFetches', () => {
  it('fetches the fields of each requirement by themselves, with what they require', () => {
    const fetch = entities('tax stock fee duty', ['id', 'price{amount currency}', 'weight']);
    expect(partials(fetch)).toEqual([
      ['tax duty', ['__typename id price{amount}']],
      ['stock', ['__typename id']],
      ['fee', ['__typename id weight']],
    ]);
  });

  it.each([
    ['no field requires anything', 'stock', ['id']],
    ['all fields require the same', 'tax duty', ['id', 'price{amount}']],
    ['only the type name is selected beside a field', '__typename tax', ['id', 'price{amount}']],
  ])('needs none where %s', (_title, fields, requires) => {
    expect(partials(entities(fields, requires))).toEqual([]);
  });

  it('tries one key after the other, as far as the fetch has all of its fields', () => {
    const fetch = entities('stock', ['id', 'isbn', 'size{x}']);
    expect(partials(fetch)).toEqual([['stock', ['__typename id', '__typename isbn size{x}']]]);
    expect(partials(entities('stock', ['id', 'isbn', 'size{y}']))).toEqual([]);
    expect(partials(entities('stock', ['id', 'isbn']))).toEqual([]);
  });

  it('has requirements of the service that is asked only', () => {
    expect(partials({ ...entities('tax stock', ['id']), service: 'a' })).toEqual([]);
  });

  it('knows fields of one name by their types', () => {
    const fetch = {
      ...entities('tax stock', ['id', 'price{amount}']),
      operation: text('...on Book{tax}...on Film{tax}'),
    };
    expect(partials(fetch).map(([operation]) => operation)).toEqual(['tax', '...on Film{tax}']);
  });

  it('writes, sends and declares only what its fields use', () => {
    const fetch: FetchNode = {
      ...entities('', ['id', 'weight']),
      operation: text('...on Book{t:stock(of:$a) fee(of:$b)}', '$a:Int $b:Int'),
      variables: [
        { name: 'a', from: 'x' },
        { name: 'b', from: 'y' },
      ],
      writes: ['t', 'fee'],
    };
    const { partialFetches } = withPartialFetches(fetch, joins) as FetchNode;
    expect(partialFetches.map(({ variables, writes }) => [variables, writes])).toEqual([
      [[{ name: 'a', from: 'x' }], ['t']],
      [[{ name: 'b', from: 'y' }], ['fee']],
    ]);
    expect(partialFetches[0]?.operation).toContain('query($a:Int$representations:[_Any!]!)');
    expect(partialFetches[1]?.operation).not.toContain('$a');
  });

  it('counts the type name where the fetch resolves runtime types', () => {
    const fetch = entities('__typename fee', ['id', 'weight']);
    expect(partials({ ...fetch, resolvesTypes: ['Media'] })).toEqual(
      [
        ['__typename fee', ['__typename id weight']],
        ['__typename', ['__typename id']],
      ].toReversed(),
    );
  });

  it('leaves a fetch without entities as it is', () => {
    const fetch = { ...entities('stock tax', ['id', 'price{amount}']), requires: null };
    expect(withPartialFetches(fetch, joins)).toBe(fetch);
  });
});

/** Each partial fetch: its fields, and what it requires by each key in turn. */
function partials(fetch: FetchNode): Array<[fields: string, requires: string[]]> {
  const alternativesOf = (partial: FetchNode): FetchNode[] => [
    partial,
    ...partial.partialFetches.flatMap(alternativesOf),
  ];
  return (withPartialFetches(fetch, joins) as FetchNode).partialFetches.map((partial) => [
    partial.operation
      .replace(/^.*?representations\)\{/, '')
      .replace(/\}\}$/, '')
      .replace(/^\.\.\.on Book\{([^}]*)\}$/, '$1'),
    alternativesOf(partial).map(({ requires }) => requiredText(requires ?? [])),
  ]);
}

function requiredText(selections: readonly RequiredSelection[]): string {
  return selections
    .map((selection) => {
      if (selection.kind === 'on') return requiredText(selection.selections);
      return selection.selections
        ? `${selection.name}{${requiredText(selection.selections)}}`
        : selection.name;
    })
    .join(' ');
}

/** A fetch of fields of books from the service `b`. */
function entities(fields: string, requires: string[]): FetchNode {
  return {
    kind: 'fetch',
    service: 'b',
    operation: text(`...on Book{${fields}}`),
    operationName: null,
    operationKind: 'query',
    variables: [],
    writes: fields.split(' '),
    requires: [{ kind: 'on', types: ['Book'], selections: ['__typename', ...requires].map(required) }],
    resolvesTypes: [],
    inputRewrites: [],
    outputRewrites: [],
    partialFetches: [],
  };
}

function text(selections: string, variables = ''): string {
  return `query(${variables} $representations:[_Any!]!){_entities(representations:$representations){${selections}}}`;
}

/** Of `price{amount currency}`. */
function required(selection: string): RequiredSelection {
  const [name = '', inner] = selection.split(/[{}]/);
  return { kind: 'field', name, selections: inner === undefined ? null : inner.split(' ').map(required) };
}
