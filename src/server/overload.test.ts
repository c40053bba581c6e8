import { describe, expect, it } from 'vitest';

import { Overload } from './overload.ts';

const calm = { lagMs: 5, heapShare: 0.3 };
const late = { lagMs: 300, heapShare: 0.3 };

describe('Overload', () => {
  it('ignores one or two lagging measurements, which may be a garbage collection', () => {
    const overload = given();
    for (const look of [late, late, calm, late, late]) overload.update(look);
    expect(overload.level).toBe(0);
  });

  it('refuses queries when the loop lags repeatedly, and everything at twice the lag', () => {
    const overload = given();
    for (let i = 0; i < 3; i += 1) overload.update(late);
    expect(overload.level).toBe(1);
    overload.update({ ...late, lagMs: 600 });
    expect(overload.level).toBe(2);
  });

  it('reports each change of the level once', () => {
    const overload = given();
    expect([late, late, late, late, calm, calm].map((look) => overload.update(look))).toEqual([
      false,
      false,
      true,
      false,
      true,
      false,
    ]);
  });

  it('reacts to the heap at the first measurement: it fills fast', () => {
    const overload = given();
    overload.update({ lagMs: 5, heapShare: 0.93 });
    expect(overload.level).toBe(1);
    overload.update({ lagMs: 5, heapShare: 0.97 });
    expect(overload.level).toBe(2);
  });

  it('keeps the level until both measurements are well below their limits', () => {
    const overload = given();
    overload.update({ lagMs: 5, heapShare: 0.97 });
    overload.update({ lagMs: 5, heapShare: 0.9 });
    expect(overload.level).toBe(2);
    overload.update(calm);
    expect(overload.level).toBe(0);
  });

  it('closes connections before it refuses requests', () => {
    const overload = given();
    overload.update({ lagMs: 5, heapShare: 0.86 });
    expect([overload.closesConnections, overload.level]).toEqual([true, 0]);
    overload.update(calm);
    expect(overload.closesConnections).toBe(false);
  });
});

function given(): Overload {
  return new Overload({ lagMsMax: 250, heapShareMax: 0.92 });
}
