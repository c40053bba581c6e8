/** The limits as gateway.yaml may set them. */
import { expect, it } from 'vitest';
import { z } from 'zod';

import { guardLimitsShape } from '../../src/config/gateway/guard-limits.ts';
import { guardDocument } from '../../src/operation/guard/guard.ts';
import { guardLimitDefaults } from './default-limits.ts';

const schema = z.strictObject(guardLimitsShape);

it('the defaults are those that the documentation promises', () => {
  expect(guardLimitDefaults).toEqual({
    documentBytesMax: 262_144,
    tokensMax: 4000,
    ignoredBytesMax: 65_536,
    nestingMax: 64,
    depthMax: 15,
    introspectionDepthMax: 20,
    expandedSelectionsMax: 10_000,
    aliasesMax: 30,
    rootFieldsMax: 20,
    directivesMax: 50,
  });
});

it('a limit that would switch the guard off is refused', () => {
  for (const name of Object.keys(guardLimitsShape)) {
    for (const value of [-1, 1.5, Infinity, Number.NaN, 1e12, null, 'many']) {
      expect(schema.safeParse({ [name]: value }).success).toBe(false);
    }
  }
  expect(schema.safeParse({ tokenMax: 10 }).success).toBe(false);
});

it('aliases and directives may be forbidden altogether', () => {
  const limits = schema.parse({ aliasesMax: 0, directivesMax: 0 });
  expect(guardDocument('{ a { b } }', limits).is).toBe('accepted');
  expect(guardDocument('{ a: b }', limits).is).toBe('refused');
  expect(guardDocument('{ a @b }', limits).is).toBe('refused');
});
