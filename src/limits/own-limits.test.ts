import { expect, it } from 'vitest';

import { clientConfig, clientFileSchema } from '../config/client/client-file.ts';
import { limitsSchema } from '../config/gateway/limits.ts';
import { ownLimitsCheck } from './own-limits.ts';

const config = limitsSchema.parse({
  policies: {
    daily: { key: ['client'], limit: 10, window: '1d' },
    network: { key: ['address'], limit: 10 },
  },
});

function check(policies: object): void {
  const file = clientFileSchema.parse({ owner: 'team', limits: { policies } });
  ownLimitsCheck(config)(clientConfig('kiosk', file));
}

it.each([
  ['dialy', 'client kiosk: limits.policies.dialy: gateway.yaml has no such policy (did you mean "daily"?)'],
  ['points', 'client kiosk: limits.policies.points: gateway.yaml has no such policy (it has: '],
  ['network', 'this policy is checked before the client is recognized, so it is the same for all clients'],
])('refuses a limit for %s', (name, message) => {
  expect(() => check({ [name]: { limit: 5 } })).toThrow(message);
});

it('accepts limits for policies that know the client', () => {
  expect(() => check({ daily: { limit: 5, window: '1d' }, tier: { limit: 5 } })).not.toThrow();
});
