/** Planner workers: what a slow or deadly operation does to itself, and what it must not do to others. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { Planner, type PlannerOptions } from '../../src/plan/planner.ts';
import { slowGraph, slowOperation } from '../support/slow-graph.ts';

const options: PlannerOptions = {
  tokensMax: 50_000,
  suggestions: true,
  planningTimeoutMs: 1000,
  sliceMs: 40,
  waitTimeoutMs: 10_000,
  loadTimeoutMs: 60_000,
  queueMax: 10,
  quarantineFirstMs: 60_000,
  quarantineLongestMs: 600_000,
};

/** Takes far longer than the deadline. */
const endless = (seed: string): string => slowOperation(180, seed);

describe('a planner', () => {
  let planner: Planner;
  beforeAll(async () => {
    planner = new Planner({ kind: 'subgraphs', subgraphs: slowGraph() }, options);
    await planner.start();
  });
  // The standby loads in the background, at the start and after a worker was replaced.
  beforeEach(() =>
    vi.waitFor(() => expect(planner.idleWorkers).toBeGreaterThanOrEqual(2), { timeout: 20_000 }),
  );
  afterAll(() => planner.close());

  it('answers others while it is busy with slow operations', async () => {
    const order: string[] = [];
    const slow = ['a', 'b'].map(async (seed) => {
      await planner.prepare({ query: endless(seed), operationName: null }).catch(() => {});
      order.push('slow');
    });
    await new Promise((resolve) => setImmediate(resolve));
    const quick = [0, 1, 2].map(async (i) => {
      const { result } = await planner.prepare({ query: `{ quick${i} }`, operationName: null });
      expect(result).toHaveProperty('prepared');
      order.push('quick');
    });
    await Promise.all([...slow, ...quick]);
    expect(order).toEqual(['quick', 'quick', 'quick', 'slow', 'slow']);
  });

  it('ends an operation at its deadline, does not try it again for a while, and goes on', async () => {
    const request = { query: endless('c'), operationName: null };
    await expect(planner.prepare(request)).rejects.toMatchObject({ code: 'PLANNING_TIMEOUT' });
    await expect(planner.prepare(request)).rejects.toMatchObject({
      code: 'PLANNING_TIMEOUT',
      public: { retryAfter: 60 },
    });
    expect(await planner.prepare({ query: '{ quick3 }', operationName: null })).toHaveProperty(
      'result.prepared',
    );
  });

  it('takes slow operations one after another, and new ones between them', async () => {
    const outcomes = await Promise.all(
      ['d', 'e', 'f', 'g'].map((seed) =>
        planner.prepare({ query: endless(seed), operationName: null }).then(
          () => 'planned',
          (error: { code: string }) => error.code,
        ),
      ),
    );
    expect(outcomes).toEqual(outcomes.map(() => 'PLANNING_TIMEOUT'));
    expect(await planner.prepare({ query: '{ quick4 }', operationName: null })).toHaveProperty(
      'result.prepared',
    );
  });

  it('refuses what the queue has no room for', async () => {
    const waiting = Array.from({ length: 40 }, (_, i) =>
      planner.prepare({ query: `{ q${i}: quick5 }`, operationName: null }).then(
        () => 'planned',
        (error: { code: string }) => error.code,
      ),
    );
    const outcomes = await Promise.all(waiting);
    expect(new Set(outcomes)).toEqual(new Set(['planned', 'PLANNING_TIMEOUT']));
    expect(outcomes.filter((outcome) => outcome === 'planned').length).toBeGreaterThanOrEqual(10);
  });
});

it('says why a supergraph does not compose, with every reason', async () => {
  const [first, second] = slowGraph(2);
  const clash = { ...second!, sdl: second!.sdl.replace('u: T @shareable', 'u: Int @shareable') };
  const planner = new Planner({ kind: 'subgraphs', subgraphs: [first!, clash] }, options);
  await expect(planner.start()).rejects.toMatchObject({
    code: 'COMPOSITION_FAILED',
    message: expect.stringContaining('T.u') as unknown,
  });
  await planner.close();
});
