/** Many levels of abstract types whose members cost different amounts: neither formula nor count doubles with each level. */

import { describe, expect, it } from 'vitest';

import { actualCost } from '../../src/operation/cost/actual.ts';
import { estimateByService, estimateCost } from '../../src/operation/cost/estimate.ts';
import { costedGraph } from './costed-graph.ts';

const members = ['A', 'B', 'C', 'D', 'E', 'F'];
const levels = 12;

/** Members that differ in weight and in the size of their lists. */
const schema = `
  type Query { node: Node }
  interface Node { value(in: In): Int node: Node nodes(first: Int): [Node] }
  input In { x: Int }
  ${members
    .map(
      (name, index) =>
        `type ${name} implements Node @cost(weight: ${index + 1}) {
          value(in: In): Int node: Node nodes(first: Int): [Node] ${index === 0 ? '@listSize(assumedSize: 2)' : ''}
        }`,
    )
    .join('\n')}
`;

describe('operations with many levels of abstract types', () => {
  it('have a short formula, and the cost of the dearest members', () => {
    const query = `query ($in: In) { ${'node { '.repeat(levels)} value(in: $in) ${'}'.repeat(levels)} }`;
    const { prepared, variables } = costedGraph({ things: schema }, { byService: true }).prepare(query, {
      in: { x: 1 },
    });
    expect(estimateCost(prepared.cost, variables)).toBe(levels * 6 + 1);
    expect([...estimateByService(prepared.cost, variables)]).toEqual([['things', levels * 6 + 1]]);
    expect(JSON.stringify(prepared.cost).length).toBeLessThan(10_000);
    let data: Record<string, unknown> = { value: 1 };
    for (let level = 0; level < levels; level += 1) data = { node: data };
    expect(actualCost(prepared, data, variables)).toBe(levels * 6 + 1);
  });

  it('have it as well where sizes differ by member and depend on variables', () => {
    const query = `query ($in: In) { node { ${'nodes { '.repeat(levels)} value(in: $in) ${'}'.repeat(levels)} } }`;
    const { prepared, variables } = costedGraph({ things: schema }, { listSize: 1 }).prepare(query, {
      in: { x: 1 },
    });
    // Two elements on A, which costs 1; one on the others, of which the dearest costs 6.
    const ofLevel = (below: number): number => Math.max(1 + 2 * below, 6 + below);
    let cost = 6 + 1;
    for (let level = 0; level < levels; level += 1) cost = ofLevel(cost);
    expect(estimateCost(prepared.cost, variables)).toBe(cost);
    expect(JSON.stringify(prepared.cost).length).toBeLessThan(20_000);
  });
});
