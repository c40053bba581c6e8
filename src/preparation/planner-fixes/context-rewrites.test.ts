import { describe, expect, it } from 'vitest';

import type { FetchNode, PlanNode } from '../../pipeline/prepared.ts';
import { toContexts, withContexts } from './context-rewrites.ts';

describe('toContexts', () => {
  it('gathers the places of each variable, steps up first', () => {
    const rewrites = [
      { kind: 'KeyRenamer' as const, path: ['..', '..', '... on Shop', 'factor'], renameKeyTo: 'v' },
      { kind: 'KeyRenamer' as const, path: ['..', '... on Kiosk', 'terms', 'markup'], renameKeyTo: 'v' },
      { kind: 'KeyRenamer' as const, path: ['tax'], renameKeyTo: 'w' },
    ];
    expect(toContexts(rewrites, (name) => [name, `${name}Child`])).toEqual([
      {
        variable: 'v',
        places: [
          { up: 2, path: [{ types: ['Shop', 'ShopChild'] }, { key: 'factor' }] },
          { up: 1, path: [{ types: ['Kiosk', 'KioskChild'] }, { key: 'terms' }, { key: 'markup' }] },
        ],
      },
      { variable: 'w', places: [{ up: 0, path: [{ key: 'tax' }] }] },
    ]);
  });
});

describe('withContexts', () => {
  const value = at('shops', fetch('value', ['factor']));
  const user = at('shops.items', fetch('user', ['price'], 1));

  it('puts a fetch after the one that brings its value', () => {
    expect(shown(parallel(value, user))).toBe('[value] > [user]');
    expect(shown(parallel(user, value))).toBe('[value] > [user]');
  });

  it('lets what needs no value go on meanwhile', () => {
    const items = at('shops.items', fetch('items', ['name']));
    const other = at('shops', fetch('other', ['name']));
    expect(shown(parallel(other, sequence(items, user), value))).toBe('[other, items, value] > [user]');
  });

  it('knows a value that comes with an object, or within a condition', () => {
    const whole = at('', fetch('whole', ['shops']));
    const conditional: PlanNode = { kind: 'condition', variable: 'x', whenTrue: value, whenFalse: null };
    expect(shown(parallel(user, whole))).toBe('[whole] > [user]');
    expect(shown(parallel(user, conditional))).toBe('[if value] > [user]');
  });

  it('leaves fetches of other places where they are', () => {
    const elsewhere = at('kiosks', fetch('elsewhere', ['factor']));
    expect(shown(parallel(user, elsewhere))).toBe('[user, elsewhere]');
  });

  it('orders values that need values', () => {
    const second = at('shops', fetch('second', ['factor'], 1));
    const first = at('', fetch('first', ['factor']));
    expect(shown(parallel(user, second, first))).toBe('[first] > [second] > [user]');
  });

  it('refuses an order in which a value comes too late', () => {
    const refusal = expect.objectContaining({ code: 'OPERATION_NOT_SUPPORTED' });
    expect(() => withContexts(sequence(user, value))).toThrow(refusal);
  });

  it('lets no position share an entity with another', () => {
    expect(JSON.stringify(withContexts(parallel(user, value))).match(/"unshared":true/g)).toHaveLength(2);
  });
});

/** @param up Where it takes `factor` from; absent: it needs nothing. */
function fetch(service: string, writes: string[], up?: number): FetchNode {
  return {
    kind: 'fetch',
    service,
    operation: '{ a }',
    operationName: null,
    operationKind: 'query',
    variables: [],
    writes,
    requires: [],
    resolvesTypes: [],
    inputRewrites: [],
    outputRewrites: [],
    partialFetches: [],
    ...(up === undefined
      ? {}
      : { contexts: [{ variable: 'v', places: [{ up, path: [{ key: 'factor' }] }] }] }),
  };
}

function at(path: string, node: PlanNode): PlanNode {
  const steps = path === '' ? [] : path.split('.').flatMap((key) => [{ key }, { each: true } as const]);
  return { kind: 'flatten', path: steps, node };
}

function parallel(...nodes: PlanNode[]): PlanNode {
  return { kind: 'parallel', nodes };
}

function sequence(...nodes: PlanNode[]): PlanNode {
  return { kind: 'sequence', nodes };
}

function shown(node: PlanNode): string {
  return text(withContexts(node));
}

function text(node: PlanNode): string {
  switch (node.kind) {
    case 'fetch':
      return node.service;
    case 'flatten':
      return text(node.node);
    case 'parallel':
      return `[${node.nodes.map(text).join(', ')}]`;
    case 'sequence':
      return node.nodes.map(text).join(' > ');
    case 'condition':
      return `if ${node.whenTrue ? text(node.whenTrue) : ''}`;
    case 'split':
      return text(node.main as PlanNode);
  }
}
