import { expect, it } from 'vitest';

import type { FetchNode, FieldSpec, PlanNode, PreparedOperation } from '../pipeline/prepared.ts';
import { compileServiceOf } from './field-services.ts';
import type { ClientPath } from './projection.ts';
import type { Run } from './run.ts';

const books = fetch('books', '{books{id ...on Book{title}}}');
const prices = at(['books'], fetch('prices', '{_entities{...on Book{price{amount}}}}', { requires: [] }));

it.each<[string, PlanNode | null, ClientPath, string | undefined]>([
  ['the fetch of a root field', books, ['books'], 'books'],
  ['a field of a type condition', books, ['books', 3, 'title'], 'books'],
  ['an entity fetch at its path', sequence(books, prices), ['books', 0, 'price', 'amount'], 'prices'],
  ['a fetch of the parent, not one below it', sequence(books, prices), ['books'], 'books'],
  ['a list, whose elements come from the same service', sequence(books, prices), ['books', 7, 'id'], 'books'],
  [
    'a branch of a condition',
    { kind: 'condition', variable: 'x', whenTrue: null, whenFalse: books },
    ['books'],
    'books',
  ],
  [
    'a part of a split',
    { kind: 'split', main: null, others: [{ node: books, graft: { books: true } }] },
    ['books'],
    'books',
  ],
  ['no fetch at another path', at(['films'], prices), ['books', 0, 'price'], undefined],
  [
    'two services, which nobody can tell apart',
    { kind: 'parallel', nodes: [books, fetch('archive', '{books{id}}')] },
    ['books'],
    undefined,
  ],
  ['one service that is asked twice', { kind: 'parallel', nodes: [books, books] }, ['books'], 'books'],
  ['no service, for the answer as a whole', books, [], undefined],
  ['no service, without a plan', null, ['books'], undefined],
])('says where a value comes from: %s', (_title, plan, path, service) => {
  expect(compileServiceOf(prepared(plan), given())(path)).toBe(service);
});

it('knows a field that its fetch names otherwise', () => {
  const aliased = fetch('books', '{books{title__alias_0:title}}', {
    outputRewrites: [
      {
        kind: 'rename',
        path: [{ key: 'books' }, { types: ['Book'] }, { key: 'title__alias_0' }],
        to: 'title',
      },
    ],
  });
  expect(compileServiceOf(prepared(aliased), given())(['books', 0, 'title'])).toBe('books');
  expect(compileServiceOf(prepared(aliased), given())(['books', 0, 'id'])).toBeUndefined();
});

function prepared(plan: PlanNode | null): PreparedOperation {
  const scalar = { is: 'scalar', type: 'String' } as const;
  const shapes = [
    [field('books', { is: 'object', shape: 1 })],
    [field('id', scalar), field('title', scalar), field('price', { is: 'object', shape: 2 })],
    [field('amount', scalar)],
  ].map((fields, index) => ({
    type: `T${index}`,
    isObject: true,
    cases: [{ types: [`T${index}`], fields }],
  }));
  return {
    kind: 'query',
    name: null,
    variables: [],
    inputTypes: [],
    plan,
    projection: { shapes, enums: {} },
    introspection: null,
    cost: { total: 0, calls: 0 },
  };
}

/** Only these are read. */
function given(): Run {
  return { data: { books: [{}] }, variables: new Map() } as Partial<Run> as Run;
}

function field(key: string, value: FieldSpec['value']): FieldSpec {
  return { key, from: key, name: `T.${key}`, wrappers: '', value, at: [] };
}

function at(keys: string[], node: PlanNode): PlanNode {
  return { kind: 'flatten', path: keys.flatMap((key) => [{ key }, { each: true } as const]), node };
}

function sequence(...nodes: PlanNode[]): PlanNode {
  return { kind: 'sequence', nodes };
}

function fetch(service: string, operation: string, changes: Partial<FetchNode> = {}): FetchNode {
  return {
    kind: 'fetch',
    service,
    operation,
    operationName: null,
    operationKind: 'query',
    variables: [],
    writes: [],
    requires: null,
    resolvesTypes: [],
    inputRewrites: [],
    outputRewrites: [],
    partialFetches: [],
    ...changes,
  };
}
