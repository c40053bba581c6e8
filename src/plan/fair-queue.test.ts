import { describe, expect, it } from 'vitest';

import { FairQueue, FairShares } from './fair-queue.ts';

describe('a fair queue', () => {
  it('serves one client in the order it came', () => {
    const { queue, serve } = given();
    for (const item of ['a1', 'a2', 'a3']) queue.add('a', item);
    expect([serve(5), serve(5), serve(5)]).toEqual(['a1', 'a2', 'a3']);
    expect(queue.first()).toBeUndefined();
  });

  it('gives clients equal time, however many turns that takes', () => {
    const { queue, serve } = given();
    const costs: Readonly<Record<string, number>> = { a: 100, b: 10, c: 1 };
    const spent: Record<string, number> = { a: 0, b: 0, c: 0 };
    for (const client of ['a', 'b', 'c'])
      for (let i = 0; i < 1000; i += 1) queue.add(client, `${client}${i}`);
    for (let turn = 0; turn < 555; turn += 1) {
      const client = serve((item) => costs[item[0]!] ?? 0)[0]!;
      spent[client] = (spent[client] ?? 0) + (costs[client] ?? 0);
    }
    expect(Math.max(...Object.values(spent)) - Math.min(...Object.values(spent))).toBeLessThanOrEqual(100);
  });

  it('serves whoever comes next before those who have had much, even if they wait longer', () => {
    const { queue, serve } = given();
    for (let i = 0; i < 100; i += 1) queue.add('attacker', `slow${i}`);
    serve(2000);
    serve(2000);
    queue.add('victim', 'quick');
    expect(serve(5)).toBe('quick');
    expect(serve(2000)).toBe('slow2');
  });

  it('lets nobody save up turns by staying away', () => {
    const { queue, serve } = given();
    for (let i = 0; i < 100; i += 1) queue.add('steady', `s${i}`);
    for (let i = 0; i < 50; i += 1) serve(10);
    for (let i = 0; i < 100; i += 1) queue.add('late', `l${i}`);
    const next = Array.from({ length: 20 }, () => serve(10)[0]);
    expect(next.filter((client) => client === 'l').length).toBeLessThanOrEqual(11);
  });

  it('forgives nothing to who leaves and comes back', () => {
    const { queue, serve } = given();
    queue.add('a', 'a1');
    queue.add('b', 'b1');
    expect([serve(1000), serve(10)]).toEqual(['a1', 'b1']);
    queue.add('a', 'a2');
    for (let i = 0; i < 5; i += 1) queue.add('b', `b${i + 2}`);
    expect(Array.from({ length: 5 }, () => serve(10))).toEqual(['b2', 'b3', 'b4', 'b5', 'b6']);
  });

  it('serves what several wait for in the first of their turns, and charges nobody else', () => {
    const { queue, shares, serve } = given();
    for (let i = 0; i < 100; i += 1) queue.add('attacker', `slow${i}`);
    serve(2000);
    queue.add('attacker', 'shared');
    queue.add('victim', 'shared');
    expect(serve(50)).toBe('shared');
    expect([shares.startOf('attacker'), shares.startOf('victim')]).toEqual([2000, 50]);
  });
});

function given() {
  const shares = new FairShares();
  const queue = new FairQueue<string>(shares);
  /** One turn that costs so many ms. */
  const serve = (cost: number | ((item: string) => number)): string => {
    const turn = queue.first();
    if (!turn) throw new Error('Nobody waits');
    shares.begin(turn);
    const item = queue.take(turn);
    for (const client of ['a', 'b', 'c', 'attacker', 'victim']) queue.delete(client, item);
    shares.charge(turn, typeof cost === 'number' ? cost : cost(item));
    return item;
  };
  return { queue, shares, serve };
}
