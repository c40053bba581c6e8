import fc from 'fast-check';
import { expect, it } from 'vitest';

import { checkOf, ruleOf } from '../../test/support/limits.ts';
import type { LimitCheck } from './check.ts';
import { CheckMap } from './check-map.ts';
import { counterName } from './counters/counter-name.ts';

const check: fc.Arbitrary<LimitCheck> = fc
  .record({
    key: fc.constantFrom('A', 'B'),
    policy: fc.constantFrom('p', 'q'),
    windowMs: fc.constantFrom(1000, 2000),
    algorithm: fc.constantFrom('window' as const, 'gcra' as const),
    owner: fc.constantFrom(null, 'abcdef'),
  })
  .map(({ key, owner, ...rule }) => checkOf(ruleOf(rule), { key, owner }));

it('holds the same as a map by the name of the counter', () => {
  const steps = fc.array(fc.tuple(check, fc.constantFrom('set', 'delete'), fc.nat()), { maxLength: 60 });
  fc.assert(
    fc.property(steps, fc.array(check), (changes, asked) => {
      const map = new CheckMap<number>(10);
      const byName = new Map<string, number>();
      for (const [one, change, value] of changes) {
        if (change === 'set') {
          map.set(one, value);
          byName.set(counterName(one), value);
        } else {
          map.delete(one);
          byName.delete(counterName(one));
        }
        expect(map.get(one)).toBe(byName.get(counterName(one)));
        expect(map.isEmpty).toBe(byName.size === 0);
      }
      for (const one of asked) expect(map.get(one)).toBe(byName.get(counterName(one)));
      map.clear();
      expect(map.isEmpty).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

it('keeps what is in use, and never more keys than it may', () => {
  const keysMax = 40;
  const map = new CheckMap<number>(keysMax);
  const checks = Array.from({ length: 1000 }, (_, index) => checkOf(ruleOf(), { key: `key ${index}` }));
  const [inUse, ...others] = checks as [LimitCheck, ...LimitCheck[]];
  map.set(inUse, 0);
  for (const [index, other] of others.entries()) {
    map.set(other, index + 1);
    expect(map.get(inUse)).toBe(0);
    const kept = checks.slice(Math.max(0, index - keysMax), index + 2).map((one) => map.get(one));
    expect(kept.filter((value) => value !== undefined).length).toBeLessThanOrEqual(keysMax);
  }
});

it('forgets none as long as there are no more than it may keep', () => {
  const map = new CheckMap<number>(40);
  const checks = Array.from({ length: 40 }, (_, index) => checkOf(ruleOf(), { key: `key ${index}` }));
  for (const [index, check] of checks.entries()) map.set(check, index);
  expect(checks.map((check) => map.get(check))).toEqual(checks.map((_, index) => index));
});
