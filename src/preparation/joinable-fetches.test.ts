import { describe, expect, it } from 'vitest';

import type { FetchNode, PlanNode } from '../pipeline/prepared.ts';
import { withJoinableFetches } from './joinable-fetches.ts';

describe('fetches that may share a call', () => {
  it.each<[string, PlanNode, string[]]>([
    ['of parallel steps', parallel(fetch('a'), fetch('b'), fetch('c', { service: 'other' })), ['a', 'b']],
    ['in branches', parallel(sequence(fetch('a'), fetch('b', { service: 'other' })), fetch('c')), ['a', 'c']],
    [
      'below branches of which a later one asks the same service',
      parallel(
        sequence(fetch('a', { service: 'x' }), parallel(fetch('b'), fetch('c', { service: 'y' }))),
        fetch('d'),
      ),
      ['b', 'd'],
    ],
    ['not in a sequence', sequence(fetch('a'), fetch('b')), []],
    ['not the only ones', parallel(fetch('a'), fetch('b', { service: 'other' })), []],
    ['not those of root fields', parallel(fetch('a', { requires: null }), fetch('b')), []],
    ['not either side of a condition', condition(fetch('a'), fetch('b')), []],
    ['in conditions beside others', parallel(condition(fetch('a'), fetch('b')), fetch('c')), ['a', 'b', 'c']],
    [
      'of the parts of a split operation',
      { kind: 'split', main: fetch('a'), others: [{ node: sequence(fetch('b')), graft: {} }] },
      ['a', 'b'],
    ],
    ['and their partial fetches', sequence(fetch('a', { partialFetches: [fetch('b')] })), ['a', 'b']],
    ['not those with contexts', parallel(fetch('a', { contexts: [] }), fetch('b')), ['b']],
  ])('%s', (_about, plan, expected) => {
    expect(joinableIn(withJoinableFetches(plan))).toEqual(expected);
  });

  it('say where their parts are', () => {
    const operation =
      'query Op__s__1($x:[Int!]=[1 2],$representations:[_Any!]!,$y:String="){"){_entities(representations:$representations){...on T{a(x:$x)b(y:$y){c}}}}';
    const variables = [
      { name: 'y', from: 'y' },
      { name: 'x', from: 'z' },
    ];
    const [marked] = fetchesIn(
      withJoinableFetches(parallel(fetch('a', { operation, variables }), fetch('b'))),
    );
    const { definitions = [], selections = [0, 0] } = marked?.joinable ?? {};
    expect(definitions.map((range) => operation.slice(...range))).toEqual([
      '$y:String="){"',
      '$x:[Int!]=[1 2]',
    ]);
    expect(operation.slice(...selections)).toBe('{...on T{a(x:$x)b(y:$y){c}}}');
  });

  it.each([
    ['a directive', 'query($representations:[_Any!]!)@live{_entities(representations:$representations){a}}'],
    ['an alias', 'query($representations:[_Any!]!){e:_entities(representations:$representations){a}}'],
    ['another field', 'query($representations:[_Any!]!){_entities(representations:$representations){a}x}'],
    [
      'an unknown variable',
      'query($representations:[_Any!]!,$x:Int){_entities(representations:$representations){a}}',
    ],
  ])('have no %s that a call has no place for', (_about, operation) => {
    expect(joinableIn(withJoinableFetches(parallel(fetch('a', { operation }), fetch('b'))))).toEqual(['b']);
  });
});

function fetch(name: string, changes: Partial<FetchNode> = {}): FetchNode {
  return {
    kind: 'fetch',
    service: 's',
    operation: `query ${name}($representations:[_Any!]!){_entities(representations:$representations){a}}`,
    operationName: name,
    operationKind: 'query',
    variables: [],
    writes: ['a'],
    requires: [],
    resolvesTypes: [],
    inputRewrites: [],
    outputRewrites: [],
    partialFetches: [],
    ...changes,
  };
}

function parallel(...nodes: readonly PlanNode[]): PlanNode {
  return { kind: 'parallel', nodes: nodes.map((node) => ({ kind: 'flatten', path: [], node })) };
}

function sequence(...nodes: readonly PlanNode[]): PlanNode {
  return { kind: 'sequence', nodes };
}

function condition(whenTrue: PlanNode, whenFalse: PlanNode): PlanNode {
  return { kind: 'condition', variable: 'v', whenTrue, whenFalse };
}

function joinableIn(plan: PlanNode): Array<string | null> {
  return fetchesIn(plan).flatMap(({ joinable, operationName }) => (joinable ? [operationName] : []));
}

function fetchesIn(plan: PlanNode): FetchNode[] {
  switch (plan.kind) {
    case 'fetch':
      return [plan, ...plan.partialFetches];
    case 'flatten':
      return fetchesIn(plan.node);
    case 'condition':
      return [plan.whenTrue, plan.whenFalse].flatMap((node) => (node ? fetchesIn(node) : []));
    case 'split':
      return [...(plan.main ? [plan.main] : []), ...plan.others.map(({ node }) => node)].flatMap(fetchesIn);
    default:
      return plan.nodes.flatMap(fetchesIn);
  }
}
