/** Planner workers: what a slow or deadly operation does to itself, and what it must not do to others. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Turn } from '../../src/pipeline/planning.ts';
import { Planner, type PlannerOptions } from '../../src/plan/planner.ts';
import { slowGraph, slowOperation } from '../support/slow-graph.ts';

const options: PlannerOptions = {
  tokensMax: 50_000,
  suggestions: true,
  planningTimeoutMs: 250,
  planningWallTimeoutMs: 30_000,
  sliceMs: 20,
  standbyAfterMs: 0,
  loadTimeoutMs: 60_000,
  quarantineFirstMs: 60_000,
  quarantineLongestMs: 600_000,
};

/** Takes four times as long as the deadline: a machine that becomes less busy interrupts late. */
const endless = (seed: string): string => slowOperation(180, seed);

describe('a planner', () => {
  let planner: Planner;
  beforeAll(async () => {
    planner = new Planner({ kind: 'subgraphs', subgraphs: slowGraph() }, options);
    await planner.start();
  });
  // The standby loads in the background, at the start and after a worker was replaced.
  beforeEach(() =>
    vi.waitFor(() => expect(planner.idleWorkers).toBeGreaterThanOrEqual(2), { timeout: 60_000 }),
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
      expect(await prepared(`{ quick${i} }`)).toBe('planned');
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
    expect(await prepared('{ quick3 }')).toBe('planned');
  });

  it('takes slow operations one after another, and new ones between them', async () => {
    const outcomes = await Promise.all(['d', 'e', 'f', 'g'].map((seed) => prepared(endless(seed))));
    expect(outcomes).toEqual(outcomes.map(() => 'PLANNING_TIMEOUT'));
    expect(await prepared('{ quick4 }')).toBe('planned');
  });

  it('serves a client that has had little before those who fill the queue with slow operations', async () => {
    const attackers = ['h', 'i', 'j'].flatMap((seed) =>
      [1, 2].map((n) => prepared(endless(`${seed}${n}`), { client: `attacker ${seed}` })),
    );
    let attacked = 0;
    for (const attack of attackers) void attack.then(() => (attacked += 1));
    for (let i = 0; i < 20; i += 1) {
      expect(await prepared(`{ v${i}: quick6 }`, { client: 'victim' })).toBe('planned');
    }
    expect(attacked).toBeLessThan(attackers.length);
    expect(new Set(await Promise.all(attackers))).toEqual(new Set(['PLANNING_TIMEOUT']));
  });

  it('plans once what several clients wait for, in the first of their turns', async () => {
    const attacks = [1, 2, 3, 4].map((n) => prepared(endless(`k${n}`), { client: 'attacker' }));
    const [early, late] = ['attacker', 'victim'].map((client) => prepared('{ both: quick7 }', { client }));
    const answers = await Promise.all([late, early]);
    expect(answers).toEqual(['planned', 'planned']);
    expect(planner.jobs).toBeGreaterThan(0);
    await Promise.all(attacks);
    expect(planner.jobs).toBe(0);
  });

  it('drops what nobody waits for any more, and finishes what it has begun', async () => {
    const busy = [1, 2, 3].map((n) => prepared(endless(`l${n}`), { client: 'busy' }));
    const nobody = new AbortController();
    const left = prepared('{ left: quick8 }', { client: 'busy', signal: nobody.signal });
    const stays = prepared('{ stays: quick8 }', { client: 'busy', signal: nobody.signal });
    const other = prepared('{ stays: quick8 }', { client: 'busy' });
    const before = planner.jobs;
    nobody.abort();
    expect(await Promise.all([left, stays])).toEqual(['CANCELLED', 'CANCELLED']);
    expect(planner.jobs).toBe(before - 1);
    expect(await other).toBe('planned');
    await Promise.all(busy);
  });

  function prepared(query: string, turn?: Turn): Promise<string> {
    return planner.prepare({ query, operationName: null }, turn).then(
      (json) => (json.startsWith('{"prepared"') ? 'planned' : json),
      (error: { code: string }) => error.code,
    );
  }
});

describe('a planner with a ceiling', () => {
  it('refuses a client that has had its time of the minute, and no other', async () => {
    const planner = new Planner(
      { kind: 'subgraphs', subgraphs: slowGraph(2) },
      { ...options, ceilingMsPerMinute: 1 },
    );
    await planner.start();
    const prepare = (query: string, client: string): Promise<string> =>
      planner.prepare({ query, operationName: null }, { client });
    await prepare('{ quick0 }', 'a');
    await expect(prepare('{ quick1 }', 'a')).rejects.toMatchObject({ code: 'PLANNING_QUOTA_EXCEEDED' });
    await prepare('{ quick1 }', 'b');
    await planner.close();
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
