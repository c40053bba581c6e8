import { describe, expect, it } from 'vitest';

import type { Demand } from '../../pipeline/authorization.ts';
import { anyOf } from './demand-logic.ts';

function demand(changes: Partial<Demand>): Demand {
  return { authenticated: false, scopes: [], policies: [], ...changes };
}

describe('what anybody has who meets one of several demands', () => {
  it.each<[string, ReadonlyArray<Demand | null>, Demand | null]>([
    ['nothing where one demands nothing', [demand({ authenticated: true }), null], null],
    ['nothing of none', [], null],
    [
      'a proven identity',
      [demand({ authenticated: true }), demand({ authenticated: true, scopes: [[['a']]] })],
      demand({ authenticated: true }),
    ],
    [
      'a proven identity, which scopes prove, too',
      [demand({ authenticated: true }), demand({ scopes: [[['a'], ['b']]] })],
      demand({ authenticated: true }),
    ],
    [
      'nothing where no scope is needed',
      [demand({ authenticated: true }), demand({ scopes: [[['a'], []]] })],
      null,
    ],
    [
      'the scopes of one of them',
      [demand({ scopes: [[['a']]] }), demand({ scopes: [[['b'], ['c', 'd']]] })],
      demand({ authenticated: true, scopes: [[['a'], ['b'], ['c', 'd']]] }),
    ],
    [
      'all scopes of one of them',
      [demand({ scopes: [[['a']], [['b'], ['c']]] }), demand({ scopes: [[['d']]] })],
      demand({
        authenticated: true,
        scopes: [[['a', 'b'], ['a', 'c'], ['d']]],
      }),
    ],
    [
      'a policy of one of them',
      [demand({ policies: [[['p']]] }), demand({ policies: [[['q']]], scopes: [[['a']]] })],
      demand({ policies: [[['p'], ['q']]] }),
    ],
    [
      'nothing where each demands something else',
      [demand({ scopes: [[['a']]] }), demand({ policies: [[['p']]] })],
      null,
    ],
  ])('%s', (_what, demands, expected) => {
    expect(anyOf(demands)).toEqual(expected);
  });
});
