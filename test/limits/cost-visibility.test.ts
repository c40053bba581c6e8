/** Costs under a contract, and where `@cost` and `@listSize` come from several subgraphs or under other names. */
import { describe, expect, it } from 'vitest';

import { composeOrThrow } from '../../src/preparation/composition/compose.ts';
import { ClientSchemas } from '../../src/preparation/contract/client-schemas.ts';
import { loadSupergraph } from '../../src/preparation/supergraph/supergraph.ts';
import { contractOf } from '../clients/contract/graph.ts';
import { composedOf, costedSupergraph } from './costed-graph.ts';

describe('an operation costs what its client can see', () => {
  const sdl = composedOf({
    media: `
      interface Media { id: ID! }
      type Book implements Media @cost(weight: 2) { id: ID! }
      type Film implements Media @cost(weight: 9) @tag(name: "hidden") { id: ID! }
      type Query {
        media: Media
        list(first: Int, secret: Int @tag(name: "hidden")): [Book]
          @listSize(slicingArguments: ["first", "secret"])
        byDefault(first: Int, secret: Int = 5 @tag(name: "hidden")): [Book]
          @listSize(slicingArguments: ["first", "secret"])
      }
    `,
  });
  const supergraph = loadSupergraph(sdl);
  const contract = contractOf({ exclude: ['hidden'] });
  const clientSchema = new ClientSchemas(supergraph).schemaFor(contract);
  const client = costedSupergraph(supergraph, {}, { contract, clientSchema });
  const everybody = costedSupergraph(supergraph);

  it('without hidden members of abstract types', () => {
    expect(everybody.costOf('{ media { id } }')).toBe(9);
    expect(client.costOf('{ media { id } }')).toBe(2);
  });

  it('and is not told of hidden arguments', () => {
    expect(everybody.costOf('{ list { id } }')).toBe(
      'Query.list needs exactly one of the arguments first, secret',
    );
    expect(client.costOf('{ list { id } }')).toBe('Query.list needs exactly one of the arguments first');
    expect(client.costOf('query ($n: Int) { list(first: $n) { id } }')).toBe(
      'Query.list needs exactly one of the arguments first',
    );
  });

  it('by the defaults of hidden arguments, which a service gets', () => {
    expect(client.costOf('{ byDefault(first: 3) { id } }')).toBe(10);
  });
});

describe('list sizes that the composer refuses', () => {
  const subgraph = (name: string, link: string, sdl: string) => ({
    name,
    url: `http://127.0.0.1/${name}`,
    file: name,
    sdl: `extend schema ${link}\n${sdl}`,
  });
  const federation = (imports: string): string =>
    `@link(url: "https://specs.apollo.dev/federation/v2.14", import: [${imports}])`;
  const input = 'input Page { first: Int }';
  const item = 'type Item @shareable { id: ID }';

  it('are merged from several subgraphs, under any name', () => {
    const sizes = '{ name: "@listSize", as: "@sized" }, "@shareable"';
    const sdl = composeOrThrow([
      subgraph(
        'a',
        federation(sizes),
        `${input} ${item} type Query { items(page: Page, max: Int): [Item] @shareable @sized(slicingArguments: ["page.first"], requireOneSlicingArgument: false) }`,
      ),
      subgraph(
        'b',
        federation(sizes),
        `${input} ${item} type Query { items(page: Page, max: Int): [Item] @shareable @sized(slicingArguments: ["max"], assumedSize: 3, requireOneSlicingArgument: false) other: [Item] @sized(assumedSize: 4) @shareable }`,
      ),
    ]);
    const graph = costedSupergraph(loadSupergraph(sdl));
    expect(graph.costOf('{ items(page: { first: 7 }, max: 5) { id } }')).toBe(7 + 1);
    expect(graph.costOf('{ items { id } other { id } }')).toBe(3 + 4);
  });

  it('need no import, and no other directive of cost beside them', () => {
    const sdl = composeOrThrow([
      subgraph(
        'a',
        federation('"@key"'),
        `${input} type Item { id: ID } type Query { items(page: Page!): [Item] @federation__listSize(slicingArguments: ["page.first"]) }`,
      ),
    ]);
    expect(sdl).toContain('https://specs.apollo.dev/cost/v0.1');
    expect(costedSupergraph(loadSupergraph(sdl)).costOf('{ items(page: { first: 6 }) { id } }')).toBe(7);
  });

  it('are refused where they do not fit, like all others', () => {
    const sdl = composeOrThrow([
      subgraph(
        'a',
        federation('"@listSize"'),
        `${input} type Item { id: ID } type Query { items(page: Page!): [Item] @listSize(slicingArguments: ["page.last"]) }`,
      ),
    ]);
    expect(() => loadSupergraph(sdl)).toThrow(
      '@listSize of Query.items has the slicing argument page.last, which is no Int or list of this field',
    );
  });
});

it('an interface has the list sizes of its field for members without their own', () => {
  const graph = costedSupergraph(
    loadSupergraph(
      composedOf({
        nodes: `
          interface Node { id: ID! next(first: Int): [Node] @listSize(slicingArguments: ["first"]) }
          type A implements Node { id: ID! next(first: Int): [Node] }
          type B implements Node { id: ID! next(first: Int): [Node] @listSize(assumedSize: 4) }
          type Query { a: A b: B node: Node }
        `,
      }),
    ),
  );
  expect(graph.costOf('{ a { next(first: 2) { id } } }')).toBe(3);
  expect(graph.costOf('{ b { next(first: 2) { id } } }')).toBe(5);
  expect(graph.costOf('{ node { next(first: 2) { id } } }')).toBe(5);
  expect(graph.costOf('{ node { next { id } } }')).toBe('Node.next needs exactly one of the arguments first');
});

describe('rules of docs/explanation/cost.md that no source has an example for', () => {
  const graph = costedSupergraph(
    loadSupergraph(
      composedOf({
        shelves: `
          type Query {
            shelf(first: Int = 4): Shelf @listSize(slicingArguments: ["first"], sizedFields: ["books"])
            shelves: [Shelf] @listSize(assumedSize: 2, sizedFields: ["books"])
            grid: [[Book]] @listSize(assumedSize: 2)
            twice: [Book] @listSize(assumedSize: 2) @listSize(assumedSize: 7)
          }
          type Shelf { books: [Book] @listSize(assumedSize: 9) others: [Book] }
          type Book { id: ID }
        `,
      }),
    ),
    { listSize: 5 },
  );

  it('a size from above is preferred to what a list says itself', () => {
    expect(graph.costOf('{ shelf { books { id } } }')).toBe(1 + 4);
  });

  it('sized fields are sized in the place of the field itself', () => {
    expect(graph.costOf('{ shelves { books { id } others { id } } }')).toBe(5 * (1 + 2 + 5));
  });

  it('the directive is about the outer list of lists in lists', () => {
    expect(graph.costOf('{ grid { id } }')).toBe(2 * 5);
  });

  it('several directives on one field may have only plain forms', () => {
    expect(graph.costOf('{ twice { id } }')).toBe(7);
  });
});
