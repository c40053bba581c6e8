import { describe, expect, it } from 'vitest';

import { Overload } from './overload.ts';

const calm = { lagMs: 5, heapShare: 0.3 };
const late = { lagMs: 300, heapShare: 0.3 };

describe('Overload', () => {
  it('takes one late look, or two, for a pause of the garbage collector', () => {
    const overload = given();
    for (const look of [late, late, calm, late, late]) overload.look(look);
    expect(overload.level).toBe(0);
  });

  it('refuses queries when the loop is late again and again, and everything when it is twice as late', () => {
    const overload = given();
    for (let i = 0; i < 3; i += 1) overload.look(late);
    expect(overload.level).toBe(1);
    overload.look({ ...late, lagMs: 600 });
    expect(overload.level).toBe(2);
  });

  it('says when the level changes, once', () => {
    const overload = given();
    expect([late, late, late, late, calm, calm].map((look) => overload.look(look))).toEqual([
      false,
      false,
      true,
      false,
      true,
      false,
    ]);
  });

  it('looks at the heap at once: it fills faster than anybody looks three times', () => {
    const overload = given();
    overload.look({ lagMs: 5, heapShare: 0.93 });
    expect(overload.level).toBe(1);
    overload.look({ lagMs: 5, heapShare: 0.97 });
    expect(overload.level).toBe(2);
  });

  it('stays as it is until both are well below their limits', () => {
    const overload = given();
    overload.look({ lagMs: 5, heapShare: 0.97 });
    overload.look({ lagMs: 5, heapShare: 0.9 });
    expect(overload.level).toBe(2);
    overload.look(calm);
    expect(overload.level).toBe(0);
  });

  it('closes connections after their answer before it refuses anything', () => {
    const overload = given();
    overload.look({ lagMs: 5, heapShare: 0.86 });
    expect([overload.closesConnections, overload.level]).toEqual([true, 0]);
    overload.look(calm);
    expect(overload.closesConnections).toBe(false);
  });
});

function given(): Overload {
  return new Overload({ lagMsMax: 250, heapShareMax: 0.92 });
}
