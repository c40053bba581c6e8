import { expect, it } from 'vitest';

import { resolvedTraces, tracesSchema } from '../config/gateway/traces.ts';
import { anyClient } from '../pipeline/client.ts';
import { anonymous } from '../pipeline/principal.ts';
import type { Authenticated } from '../pipeline/stages.ts';
import { requestContext } from '../../test/support/context.ts';
import { recordedSpans } from '../../test/support/recorded-spans.ts';
import { notingClaims } from './traces.ts';

const claims = { sub: 'u1', age: 7, admin: true, groups: ['a', 1, 'b'], address: { city: 'x' }, secret: 's' };

function noted(fromClaims: readonly string[], isRecorded = true) {
  const { trace, root } = recordedSpans();
  const request = requestContext({
    principal: { ...anonymous, claims },
    ...(isRecorded ? { trace } : {}),
  });
  const config = resolvedTraces(tracesSchema.parse({ attributes: { fromClaims } }), {});
  const recognize = notingClaims(() => anyClient, config);
  expect(recognize({ request } as unknown as Authenticated)).toBe(anyClient);
  return Object.fromEntries(root.attributes);
}

it('notes the claims that are configured, where an attribute can hold them', () => {
  expect(noted(['sub', 'age', 'admin', 'groups', 'address', 'missing', 'toString'])).toEqual({
    'tributary.claim.sub': 'u1',
    'tributary.claim.age': 7,
    'tributary.claim.admin': true,
    'tributary.claim.groups': ['a', 'b'],
  });
  expect(noted([])).toEqual({});
});

it('notes nothing of a request that is not recorded', () => {
  expect(noted(['sub'], false)).toEqual({});
});
