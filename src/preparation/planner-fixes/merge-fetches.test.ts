import { describe, expect, it } from 'vitest';

import type { FetchNode, PlanNode, RequiredSelection, SequenceNode } from '../../pipeline/prepared.ts';
import { mapFetches } from './map-fetches.ts';
import { mergeFetches } from './merge-fetches.ts';

describe('mergeFetches', () => {
  it('makes one fetch of two for the same entities', () => {
    expect(mergeFetches(parallel(entities('title'), entities('author')))).toEqual(
      onTypes('...on Book{author}...on Book{title}', ['author', 'title']),
    );
  });

  it('merges an early fetch into a later one that waits for more', () => {
    const late = sequence(entities('price'), required(['isbn', 'price'], entities('tax')));
    const early = required(['isbn'], entities('stock'));
    const { nodes } = mergeFetches(
      parallel(required(['isbn', 'price'], entities('stock')), late),
    ) as SequenceNode;
    expect(nodes[1]).toEqual(
      required(['isbn', 'price'], onTypes('...on Book{tax}...on Book{stock}', ['tax', 'stock'])),
    );
    expect(texts(mergeFetches(parallel(early, late)))).toEqual([
      '...on Book{price}...on Book{stock}',
      '...on Book{tax}',
    ]);
  });

  it.each<[string, PlanNode, PlanNode]>([
    ['another service', entities('title'), changed(entities('stock'), { service: 'stocks' })],
    ['another place', entities('title'), { ...entities('stock'), path: [{ key: 'books' }] } as PlanNode],
    ['other requirements', required(['a'], entities('title')), required(['b'], entities('stock'))],
    ['another type condition', entities('title'), required(['isbn'], entities('stock'), ['Book', 'Film'])],
    ['a field with selections in both', entities('next{a}'), entities('next{b}')],
    ['a field with the same selections in both', entities('next{a}'), entities('next{a}')],
    ['one response name for two fields', entities('x:title'), entities('x:stock')],
    ['one field with two arguments', entities('price(in:EUR)'), entities('price(in:USD)')],
    [
      'one name for two fields of two types',
      entities('title'),
      onTypes('...on Book{title:name}...on Film{title}'),
    ],
    [
      'rewrites of the answer',
      entities('title'),
      changed(entities('stock'), { outputRewrites: [{ kind: 'rename', path: [{ key: 'a' }], to: 'b' }] }),
    ],
    [
      'rewrites of representations',
      entities('title'),
      changed(entities('stock'), { inputRewrites: [{ kind: 'set', path: [{ key: 'a' }], value: 1 }] }),
    ],
    ['runtime types', entities('title'), changed(entities('stock'), { resolvesTypes: ['Media'] })],
    ['no entities', entities('title'), changed(entities('stock'), { requires: null })],
  ])('keeps apart: %s', (_title, one, other) => {
    expect(mergeFetches(parallel(one, other))).toEqual(parallel(one, other));
    expect(mergeFetches(parallel(other, one))).toEqual(parallel(other, one));
  });

  it('merges leaves that both select, with the same text', () => {
    expect(
      texts(
        mergeFetches(parallel(entities('title', 'x:price(in:EUR)'), entities('title', 'x:price(in:EUR)'))),
      ),
    ).toEqual(['...on Book{title x:price(in:EUR)}...on Book{title x:price(in:EUR)}']);
  });

  it('declares and sends each variable once', () => {
    const withVariables = (...names: string[]): PlanNode => {
      const node = entities(...names.map((name) => `${name}(of:$${name})`));
      const variables = names.map((name) => ({ name, from: name }));
      const declared = names.map((name) => `$${name}:Int`).join(' ');
      const operation = node.node.operation.replace('query(', `query(${declared} `).replace(' $rep', '$rep');
      return changed(node, { variables, operation });
    };
    const merged = mergeFetches(parallel(withVariables('a', 'b'), withVariables('c'))) as Extract<
      PlanNode,
      { kind: 'flatten' }
    >;
    const { operation, variables } = merged.node as FetchNode;
    expect(variables.map(({ name }) => name)).toEqual(['c', 'a', 'b']);
    expect(operation.match(/\$\w+:/g)).toEqual(['$c:', '$representations:', '$a:', '$b:']);
  });

  it('reaches parallel nodes within sequences, conditions and splits', () => {
    const two = parallel(entities('title'), entities('author'));
    const one = onTypes('...on Book{author}...on Book{title}', ['author', 'title']);
    const inside = (node: PlanNode): PlanNode =>
      sequence(
        { kind: 'condition', variable: 'x', whenTrue: node, whenFalse: null },
        { kind: 'condition', variable: 'x', whenTrue: null, whenFalse: node },
        { kind: 'split', main: node, others: [{ node, graft: { a: true } }] },
        { kind: 'split', main: null, others: [] },
      );
    expect(mergeFetches(inside(two))).toEqual(inside(one));
  });

  it('does not take a fetch into a condition, which may not hold', () => {
    const plan = parallel(entities('title'), {
      kind: 'condition',
      variable: 'x',
      whenTrue: entities('author'),
      whenFalse: null,
    });
    expect(mergeFetches(plan)).toEqual(plan);
  });

  it('merges three into one, each once', () => {
    expect(texts(mergeFetches(parallel(entities('a'), entities('b'), entities('c'))))).toEqual([
      '...on Book{c}...on Book{b}...on Book{a}',
    ]);
  });

  it('merges what was merged into a fetch that waits for more', () => {
    const plan = parallel(entities('a'), entities('b'), required(['isbn', 'price'], entities('c')));
    expect(texts(mergeFetches(plan))).toEqual(['...on Book{c}...on Book{b}...on Book{a}']);
  });
});

it('mapFetches changes every fetch but those of splits, and nothing else', () => {
  const plan = (service: string): PlanNode =>
    sequence(
      parallel(changed(entities('a'), { service })),
      { kind: 'condition', variable: 'x', whenTrue: changed(entities('a'), { service }), whenFalse: null },
      { kind: 'condition', variable: 'x', whenTrue: null, whenFalse: entities('a', service).node },
      { kind: 'split', main: entities('a'), others: [] },
    );
  const seen: string[] = [];
  const mapped = mapFetches(plan('old'), (fetch) => {
    seen.push(fetch.service);
    return fetch.service === 'old' ? { ...fetch, service: 'new' } : fetch;
  });
  expect(seen).toEqual(['old', 'old', 'books']);
  expect(JSON.stringify(mapped)).toBe(
    JSON.stringify(plan('old')).replaceAll('"service":"old"', '"service":"new"'),
  );
});

type Entities = Extract<PlanNode, { kind: 'flatten' }> & { readonly node: FetchNode };

/** A fetch of these fields of books, by their number. */
function entities(...fields: string[]): Entities {
  return onTypes(`...on Book{${fields.join(' ')}}`, fields);
}

function onTypes(selections: string, writes: string[] = []): Entities {
  const node: FetchNode = {
    kind: 'fetch',
    service: 'books',
    operation: `query($representations:[_Any!]!){_entities(representations:$representations){${selections}}}`,
    operationName: null,
    operationKind: 'query',
    variables: [],
    writes,
    requires: requirements(['isbn'], ['Book']),
    resolvesTypes: [],
    inputRewrites: [],
    outputRewrites: [],
    partialFetches: [],
  };
  return { kind: 'flatten', path: [{ key: 'books' }, { each: true }], node };
}

function changed(node: Entities, changes: Partial<FetchNode>): PlanNode {
  return { ...node, node: { ...node.node, ...changes } };
}

function required(names: string[], node: Entities, types = ['Book']): PlanNode {
  return changed(node, { requires: requirements(names, types) });
}

function requirements(names: string[], types: string[]): RequiredSelection[] {
  const fields = ['__typename', ...names].map((name): RequiredSelection => ({
    kind: 'field',
    name,
    selections: null,
  }));
  return [{ kind: 'on', types, selections: fields }];
}

function parallel(...nodes: PlanNode[]): PlanNode {
  return { kind: 'parallel', nodes };
}

function sequence(...nodes: PlanNode[]): PlanNode {
  return { kind: 'sequence', nodes };
}

/** What each fetch of a plan selects of its entities. */
function texts(plan: PlanNode): string[] {
  const found: string[] = [];
  mapFetches(plan, (fetch) => {
    found.push(/representations\)\{(.*)\}\}$/.exec(fetch.operation)?.[1] ?? fetch.operation);
    return fetch;
  });
  return found;
}
