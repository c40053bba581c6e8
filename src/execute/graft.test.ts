import { describe, expect, it } from 'vitest';

import type { GraftTree } from '../pipeline/prepared.ts';
import type { Step } from './fetch.ts';
import { compileSplit } from './graft.ts';
import type { Data } from './merge.ts';
import type { Run } from './run.ts';

describe('compileSplit', () => {
  it.each<[string, Data, Data, GraftTree, Data]>([
    ['a root field', { a: 1 }, { b: 2 }, { b: true }, { a: 1, b: 2 }],
    ['only what the graft names', {}, { a: 1, b: 2 }, { a: true }, { a: 1 }],
    [
      'a field below objects',
      { a: { x: 1 } },
      { a: { y: 2, z: 3 } },
      { a: { y: true } },
      { a: { x: 1, y: 2 } },
    ],
    [
      'fields of list elements by position',
      { a: [{ x: 1 }, { x: 2 }] },
      { a: [{ y: 1 }, { y: 2 }] },
      { a: { y: true } },
      {
        a: [
          { x: 1, y: 1 },
          { x: 2, y: 2 },
        ],
      },
    ],
    [
      'fields below lists of lists',
      { a: [[{}]] },
      { a: [[{ y: 1 }]] },
      { a: { y: true } },
      { a: [[{ y: 1 }]] },
    ],
    ['null', { a: {} }, { a: { y: null } }, { a: { y: true } }, { a: { y: null } }],
    ['nothing into a null of the first part', { a: null }, { a: { y: 1 } }, { a: { y: true } }, { a: null }],
    [
      'nothing from a null of the other part',
      { a: { x: 1 } },
      { a: null },
      { a: { y: true } },
      { a: { x: 1 } },
    ],
    [
      'nothing over a field of an object of another type',
      { a: { y: 1 } },
      { a: {} },
      { a: { y: true } },
      { a: { y: 1 } },
    ],
    [
      'as many elements as the first part has',
      { a: [{}] },
      { a: [{ y: 1 }, { y: 2 }] },
      { a: { y: true } },
      { a: [{ y: 1 }] },
    ],
    [
      'no elements that the other part lacks',
      { a: [{}, {}] },
      { a: [{ y: 1 }] },
      { a: { y: true } },
      { a: [{ y: 1 }, {}] },
    ],
    [
      'nothing where one part has a list and the other an object',
      { a: [{}] },
      { a: { y: 1 } },
      { a: { y: true } },
      { a: [{}] },
    ],
  ])('moves %s', async (_title, main, other, graft, expected) => {
    const run = given();
    await compileSplit(writes(main), [{ step: writes(other), graft }])(run);
    expect(run.data).toEqual(expected);
  });

  it('starts all parts at once, and moves nothing before the last of them has ended', async () => {
    const run = given();
    const { promise, resolve } = Promise.withResolvers<void>();
    const started: string[] = [];
    const slow: Step = async ({ data }) => {
      started.push('main');
      await promise;
      data['a'] = 1;
    };
    const quick: Step = ({ data }) => {
      started.push('other');
      data['b'] = 2;
      return Promise.resolve();
    };
    const done = compileSplit(slow, [{ step: quick, graft: { b: true } }])(run);
    await Promise.resolve();
    expect(started.sort()).toEqual(['main', 'other']);
    expect(run.data).toEqual({});
    resolve();
    await done;
    expect(run.data).toEqual({ a: 1, b: 2 });
  });

  it('gives each part data of its own, and the same state', async () => {
    const run = given();
    const seen: Run[] = [];
    const step: Step = (part) => Promise.resolve(void seen.push(part));
    await compileSplit(step, [
      { step, graft: {} },
      { step, graft: {} },
    ])(run);
    expect(new Set(seen.map(({ data }) => data)).size).toBe(3);
    expect(seen.every(({ state, reports }) => state === run.state && reports === run.reports)).toBe(true);
  });
});

function writes(data: Data): Step {
  return (run) => Promise.resolve(void Object.assign(run.data, data));
}

function given(): Run {
  return { data: {}, state: {}, reports: [] } as unknown as Run;
}
